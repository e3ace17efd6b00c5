"""Networks as plain data: layers, their shapes and parameters, and published ones."""

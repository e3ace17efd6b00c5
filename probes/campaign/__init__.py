"""One measurement from its first process to its last round."""

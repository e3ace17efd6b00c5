"""Memory: how it grows with the batch, what fits, and holding a process to a limit."""

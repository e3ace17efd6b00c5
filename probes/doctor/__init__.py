"""Whether each framework computes on what is in the machine, and what to do where it does not."""

"""Which interpreters there are, what is installed in them, and making new ones."""

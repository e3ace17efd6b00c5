"""The person's own table: what it tells of the project, and how far simple models get on it."""

"""The file that keeps runs, and exchanging runs with others."""

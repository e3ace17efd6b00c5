"""The measured corpus that forecasts learn from and are tried on: its jobs, its records, and how to make more."""

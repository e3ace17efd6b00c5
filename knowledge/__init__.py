"""What is known without measuring: cited facts, claims, questions and rules, as validated TOML records."""

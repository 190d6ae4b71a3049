"""Other projects' import names."""

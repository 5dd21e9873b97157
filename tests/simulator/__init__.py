"""The house that does not exist."""

"""The command `ballast`."""

"""What a subcommand says to the person at the terminal. Imports nothing, because health checks run it all day."""

import sys


class Unusable(Exception):  # an answer to the person at the terminal, not a fault of the program
    """Raised to end a subcommand with a sentence and an exit status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def say(text: str) -> None:
    """A line for the person at the terminal."""
    sys.stdout.write(f"{text}\n")


def complain(text: str) -> None:
    """A line about what went wrong."""
    sys.stderr.write(f"{text}\n")

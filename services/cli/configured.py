"""Reading `ballast.yaml` for a subcommand, and telling a person what is wrong with it."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from common import log
from common.config import Loaded, load
from common.config.environment import Environment, read
from common.errors import ConfigError
from common.service import EXIT_CONFIG
from services.cli.registry import sections


class Unusable(Exception):  # an answer to the person at the terminal, not a fault of the program
    """Raised to end a subcommand with a sentence and an exit status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def config_argument(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the file to read (default: ballast.yaml)")


def configured(options: argparse.Namespace, *, quiet: bool = True) -> tuple[Loaded, Environment]:
    """The whole file, every section checked, and the environment. Raises Unusable with every mistake.

    `quiet`: log only what goes wrong, because a person reads the terminal.
    """
    environment = read()
    if options.config is not None:
        environment = replace(environment, config=options.config)
    log.set_up(environment.log_format, "WARNING" if quiet else environment.log_level)
    try:
        return load(environment.config, sections(), environment.variables), environment
    except ConfigError as error:
        text = f"The configuration has {len(error.problems)} mistake(s); nothing was started.\n{error}"
        raise Unusable(text, EXIT_CONFIG) from error


def say(text: str) -> None:
    """A line for the person at the terminal."""
    sys.stdout.write(f"{text}\n")


def complain(text: str) -> None:
    """A line about what went wrong."""
    sys.stderr.write(f"{text}\n")

"""Reading `ballast.yaml` for a subcommand, and telling a person what is wrong with it."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from common import log
from common.config import Loaded, ServiceSettings, load
from common.config.environment import Environment, read
from services.cli.registry import sections
from services.cli.terminal import Unusable, complain, say

__all__ = ["Unusable", "complain", "config_argument", "configured", "say"]


def config_argument(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the file to read (default: ballast.yaml)")


def configured(
    options: argparse.Namespace, *, quiet: bool = True, more: Mapping[str, type[ServiceSettings]] | None = None
) -> tuple[Loaded, Environment]:
    """The whole file, every section checked, and the environment. Raises ConfigError with every mistake.

    `quiet`: log only what goes wrong, because a person reads the terminal. `more`: sections that are no service's.
    """
    environment = read()
    if options.config is not None:
        environment = replace(environment, config=options.config)
    log.set_up(environment.log_format, "WARNING" if quiet else environment.log_level)
    return load(environment.config, sections(more), environment.variables), environment

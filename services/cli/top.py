"""`ballast top`: any running house in this terminal, from MQTT alone; and by keyboard, what one may ask for."""

import argparse
import asyncio
import os
import sys

from common import log
from common.service import until_stopped
from services.cli.configured import Unusable, config_argument, configured

OPERATOR = "operator"
"""The account of people who look and ask."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast top`."""
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Until somebody quits."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Unusable("`ballast top` draws on a terminal; `ballast record` writes lines.", 2)
    try:
        from services.cli.screen import watch  # noqa: PLC0415  # draws with an extra that not everybody has
    except ImportError as error:
        raise Unusable(f"`ballast top` needs {error.name}: pip install 'ballast[demo]'") from error
    loaded, environment = configured(options)
    folder = loaded.mqtt.password_dir
    if folder is not None and not os.access(folder / OPERATOR, os.R_OK):
        raise Unusable(
            f"{folder / OPERATOR} cannot be read. Run this as the owner of the folder, or `ballast setup` first."
        )
    log.set_up("text", "ERROR")  # anything else would be written across the picture
    account = OPERATOR if folder is not None else None
    asyncio.run(until_stopped(watch(loaded, environment.clock(), account)))
    return 0

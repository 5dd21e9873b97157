"""`ballast demo`: a broker, a simulated house, all services, and a live view; Ctrl-C ends it clean."""

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path

from common import log
from common.service import until_stopped
from services.cli.configured import Unusable, complain
from services.cli.duration import duration
from services.cli.show import Show
from services.cli.stage import set_stage

SPEEDS = (1, 60)
MOST_PRODUCTION_W = 100_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast demo`."""
    parser.add_argument(
        "--for", dest="seconds", type=duration, metavar="60s", help="end after this time (default: Ctrl-C)"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="let time run N times faster, up to 60")
    parser.add_argument("--production", type=float, metavar="W", help="the roof always gives this, whatever the sky")
    parser.add_argument("--json", action="store_true", help="no picture; one JSON object as the last line")
    parser.add_argument("--keep", action="store_true", help="keep the folder with configuration, data and logs")


def run(options: argparse.Namespace) -> int:
    """Play it. Returns 1 if a promise was broken."""
    if not SPEEDS[0] <= options.speed <= SPEEDS[1]:
        raise Unusable(f"--speed {options.speed:g} is not from {SPEEDS[0]} to {SPEEDS[1]}", 2)
    if options.production is not None and not 0 <= options.production <= MOST_PRODUCTION_W:
        raise Unusable(f"--production {options.production:g} is not from 0 to {MOST_PRODUCTION_W} W", 2)
    log.set_up("text", "ERROR")
    folder = Path(tempfile.mkdtemp(prefix="ballast-demo-"))
    try:
        show = Show(set_stage(folder, options.production), options.speed, options.seconds, quiet=options.json)
        asyncio.run(until_stopped(show.play()))
        return show.close(as_json=options.json)
    finally:
        if options.keep:
            complain(f"The demonstration's files are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)

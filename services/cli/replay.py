"""`ballast replay`: the past again, be it a recording of the bus or measured data."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from services.balancer.config import Config
from services.cli.configured import Unusable, config_argument, configured
from services.cli.recording import read, write
from services.replay.bus import replay
from services.replay.names import POLICIES, USUAL


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast replay`."""
    parser.add_argument("data", type=Path, nargs="*", metavar="DATA", help="CSV files (also .gz) of a measured period")
    parser.add_argument("--bus", type=Path, metavar="FILE", help="instead: what `ballast record` wrote; - is stdin")
    parser.add_argument(
        "--policy", action="append", choices=POLICIES, metavar="NAME",
        help=f"may be repeated; one of {', '.join(POLICIES)} (default: {', '.join(USUAL)})",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line of stdout, nothing else")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a page with the results as curves")
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Whichever was asked for."""
    if bool(options.data) == bool(options.bus):
        raise Unusable("give either files of measured data, or --bus FILE with a recording of the bus")
    if options.data:
        return _side_by_side(options)
    return _bus(options)


def _side_by_side(options: argparse.Namespace) -> int:
    """Policies beside each other; only this needs the solver."""
    try:
        module = import_module("services.cli.side_by_side")
    except ModuleNotFoundError as error:
        raise Unusable(f"{error.name} is not installed; the extra `planner` brings it") from error
    status: int = module.side_by_side(options)
    return status


def _bus(options: argparse.Namespace) -> int:
    """Print, as JSON lines, everything the balancer would publish."""
    loaded, _ = configured(options)
    config = loaded.section("balancer", Config)
    if not config.order:
        raise Unusable(f"{loaded.path} has no balancer.order, so there is nothing to decide")
    is_stdin = str(options.bus) == "-"
    text, name = (sys.stdin.buffer.read(), "stdin") if is_stdin else (_contents(options.bus), str(options.bus))
    out = sys.stdout.buffer

    def tell(t_ms: int, topic: str, payload: bytes, retain: bool) -> None:
        out.write(write(t_ms, topic, payload, retain) + b"\n")

    replay(read(text.splitlines(), name), config, loaded.site, loaded.mqtt, tell)
    out.flush()
    return 0


def _contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from error

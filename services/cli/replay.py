"""`ballast replay --bus FILE`: a recording, or a hand-written one, through the shipping balancer; deterministic."""

import argparse
import sys
from pathlib import Path

from services.balancer.config import Config
from services.cli.configured import Unusable, config_argument, configured
from services.cli.recording import read, write
from services.replay.bus import replay


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast replay`."""
    parser.add_argument(
        "--bus", type=Path, metavar="FILE", required=True, help="what `ballast record` wrote; - is stdin"
    )
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
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

"""`ballast record`: everything that is said on the bus, as JSON lines; for bug reports, tests and what-ifs."""

import argparse
import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from common.clock import Clock
from common.config import MqttSettings
from common.service import until_stopped
from services.cli.configured import Unusable, complain, config_argument, configured
from services.cli.duration import duration
from services.cli.recording import write
from services.cli.watch import everything, guest


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast record`."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there instead of to the terminal")
    parser.add_argument("--for", dest="seconds", type=duration, metavar="60s", help="end after this time")
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Record until Ctrl-C."""
    loaded, environment = configured(options)
    with ExitStack() as stack:
        out = stack.enter_context(_opened(options.out)) if options.out else sys.stdout.buffer
        asyncio.run(until_stopped(record(loaded.mqtt, environment.clock(), out, options.seconds)))
    return 0


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror}") from error


async def record(mqtt: MqttSettings, clock: Clock, out: BinaryIO, seconds: float | None) -> None:
    """Write what arrives to `out`, for so long or until cancelled."""
    count = 0
    async with guest(mqtt, clock) as bus:
        inbox = await everything(bus)
        try:
            async with clock.timeout(seconds if seconds is not None else float("inf")):
                async for received in inbox:
                    out.write(write(clock.wall_ms(), received.topic, received.payload, received.retained) + b"\n")
                    out.flush()
                    count += 1
        except TimeoutError:
            pass
        finally:
            complain(f"{count} messages recorded")

"""`ballast pair homewizard [DEVICE]`: the button dance; stores token and fingerprint of the certificate, mode 0600."""

import argparse
import asyncio
from pathlib import Path
from typing import NamedTuple

from common.clock import Clock
from common.errors import DeviceError
from common.homewizard.pair import Progress, pair
from common.homewizard.v2 import HTTPS_PORT
from services.cli.configured import Unusable, config_argument, configured, say
from services.p1.config import Config as P1Config


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast pair`."""
    parser.add_argument("vendor", choices=["homewizard"])
    parser.add_argument("device", nargs="?", help="its id in ballast.yaml (default: the P1 meter's)")
    parser.add_argument("--host", help="its address, if it is not the one in ballast.yaml")
    config_argument(parser)


class Place(NamedTuple):
    """Where a device is, and what is known of it before it is asked."""

    host: str
    port: int = HTTPS_PORT
    serial: str | None = None
    ca_file: Path | None = None


def run(options: argparse.Namespace) -> int:
    """Pair. Returns 0 once the token is stored."""
    loaded, environment = configured(options)
    section = loaded.sections.get("p1")
    meter = section if isinstance(section, P1Config) else None
    device = options.device or (meter.id if meter else "p1")
    place = _place(meter if meter and meter.id == device else None, options.host)
    if place is None:
        raise Unusable(f"{loaded.path} says nothing of {device}; add section p1, or name its address with --host", 2)
    try:
        asyncio.run(_pair(place, device, loaded.data_dir, environment.clock()))
    except DeviceError as error:
        raise Unusable(str(error)) from error
    except OSError as error:
        raise Unusable(f"The pairing could not be stored under {loaded.data_dir}: {error}") from error
    return 0


def _place(meter: P1Config | None, host: str | None) -> Place | None:
    """Where the owner says it is: on the command line, else in the file; None if nowhere."""
    if meter is None:
        return Place(host) if host else None
    return Place(host or meter.host, meter.https_port, meter.serial, meter.ca_file)


async def _pair(place: Place, device: str, data_dir: Path, clock: Clock) -> None:
    host, port, serial, ca_file = place
    await pair(host, device, data_dir, clock, _tell, port=port, serial=serial, ca_file=ca_file)


def _tell(progress: Progress) -> None:
    left = f" ({progress.left_s:.0f} s left)" if progress.left_s else ""
    say(progress.text + left)

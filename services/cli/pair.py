"""`ballast pair homewizard [DEVICE]`: the button dance; stores token and fingerprint of the certificate, mode 0600."""

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path

from common.config import Loaded
from common.errors import DeviceError
from common.homewizard.pair import Progress, pair
from common.homewizard.v2 import HTTPS_PORT
from services.cli.configured import Unusable, config_argument, configured, say
from services.homewizard.config import Config as HomeWizardConfig
from services.homewizard.config import GroupSettings, MeterSettings, SecureSettings
from services.p1.config import Config as P1Config


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device is that can be paired, and who it must be."""

    host: str
    port: int = HTTPS_PORT
    serial: str | None = None
    ca_file: Path | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast pair`."""
    parser.add_argument("vendor", choices=["homewizard"])
    parser.add_argument("device", nargs="?", help="its id in ballast.yaml (default: the P1 meter's)")
    parser.add_argument("--host", help="its address, if it is not the one in ballast.yaml")
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Pair. Returns 0 once the token is stored."""
    loaded, environment = configured(options)
    known = places(loaded)
    device = options.device or next(iter(known), "p1")
    place = known.get(device) or (Place(options.host) if options.host else None)
    if place is None:
        names = f" It knows {', '.join(known)}." if known else ""
        text = f"says nothing of {device}, or of nothing there that can be paired; add it, or name its address"
        raise Unusable(f"{loaded.path} {text} with --host.{names}", 2)
    try:
        asyncio.run(
            pair(
                options.host or place.host,
                device,
                loaded.data_dir,
                environment.clock(),
                _tell,
                port=place.port,
                serial=place.serial,
                ca_file=place.ca_file,
            )
        )
    except DeviceError as error:
        raise Unusable(str(error)) from error
    except OSError as error:
        raise Unusable(f"The pairing could not be stored under {loaded.data_dir}: {error}") from error
    return 0


def places(loaded: Loaded) -> dict[str, Place]:
    """Every device of the file that speaks v2, by the id its pairing is stored under; the P1 meter first."""
    known: dict[str, Place] = {}
    p1, homewizard = loaded.sections.get("p1"), loaded.sections.get("homewizard")
    if isinstance(p1, P1Config):
        known[p1.id] = Place(p1.host, p1.https_port, p1.serial, p1.ca_file)
    if isinstance(homewizard, HomeWizardConfig):
        for name, device in homewizard.devices():
            if isinstance(device, MeterSettings | SecureSettings):
                stored = device.paired_as if isinstance(device, GroupSettings) and device.paired_as else name
                known.setdefault(stored, Place(device.host, device.https_port, device.serial, device.ca_file))
    return known


def _tell(progress: Progress) -> None:
    left = f" ({progress.left_s:.0f} s left)" if progress.left_s else ""
    say(progress.text + left)

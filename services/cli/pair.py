"""`ballast pair homewizard [DEVICE]`: the button dance; stores token and fingerprint of the certificate, mode 0600."""

import argparse
import asyncio

from common.clock import SystemClock
from common.errors import DeviceError
from common.homewizard.pair import Progress, pair
from services.cli.configured import Unusable, config_argument, configured, say
from services.p1.config import Config as P1Config


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast pair`."""
    parser.add_argument("vendor", choices=["homewizard"])
    parser.add_argument("device", nargs="?", help="its id in ballast.yaml (default: the P1 meter's)")
    parser.add_argument("--host", help="its address, if it is not the one in ballast.yaml")
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Pair. Returns 0 once the token is stored."""
    loaded, _ = configured(options)
    section = loaded.sections.get("p1")
    meter = section if isinstance(section, P1Config) else None
    device = options.device or (meter.id if meter else "p1")
    if options.host is None and (meter is None or meter.id != device):
        raise Unusable(f"{loaded.path} says nothing of {device}; add section p1, or name its address with --host", 2)
    own = meter if meter is not None and meter.id == device else None
    host = options.host or (own.host if own else "")
    try:
        asyncio.run(
            pair(
                host,
                device,
                loaded.data_dir,
                SystemClock(),
                _tell,
                port=own.https_port if own else 443,
                serial=own.serial if own else None,
                ca_file=own.ca_file if own else None,
            )
        )
    except DeviceError as error:
        raise Unusable(str(error)) from error
    except OSError as error:
        raise Unusable(f"The pairing could not be stored under {loaded.data_dir}: {error}") from error
    return 0


def _tell(progress: Progress) -> None:
    left = f" ({progress.left_s:.0f} s left)" if progress.left_s else ""
    say(progress.text + left)

"""`ballast discover`: HomeWizard by mDNS, Marstek by broadcast, a Victron GX by its name, printed as YAML to paste."""

import argparse
import asyncio
import re
from collections.abc import Iterable, Iterator

from common.clock import Clock, SystemClock
from common.homewizard.announcement import Found as HomeWizard
from common.homewizard.discovery import DiscoveryFailed
from common.homewizard.discovery import discover as discover_homewizard
from services.cli.configured import complain, say
from services.homewizard.discovery import is_ours, pasted
from services.udp_battery.discovery import Found as Marstek
from services.udp_battery.discovery import discover as discover_marstek
from services.udp_battery.link import PortTaken
from services.victron.discovery import Found as Gx
from services.victron.discovery import discover as discover_gx

MARSTEK_PORT = 30000
MOST_OF_MODEL = 28
"""Letters of a model in a battery's name, which may have 32 with its number."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast discover`."""
    parser.add_argument(
        "--port", type=int, default=MARSTEK_PORT, help="UDP port set in the Marstek app (default 30000)"
    )
    parser.add_argument(
        "--broadcast", nargs="*", default=(), metavar="ADDRESS", help="where to shout (default: everywhere)"
    )
    parser.add_argument("--bind", default="0.0.0.0", metavar="ADDRESS", help="own address to ask from")


def run(options: argparse.Namespace) -> int:
    """Look for 10 s. Returns 1 if nobody answered."""
    complain("Looking for 10 s …")
    meters, batteries, gx = asyncio.run(_all(SystemClock(), options))
    if not meters and not batteries and gx is None:
        say("# Nobody answered. Containers and other networks hear no broadcasts: write the addresses by hand.")
        return 1
    say("\n".join(page(meters, batteries, gx)))
    return 0


def page(meters: Iterable[HomeWizard], batteries: Iterable[Marstek], gx: Gx | None = None) -> list[str]:
    """Sections for ballast.yaml. Names that devices give themselves are remarks, and never more than that."""
    known = list(meters)
    return [*_meters(known), *pasted(known), *_batteries(batteries), *_systems(gx)]


async def _all(
    clock: Clock, options: argparse.Namespace
) -> tuple[tuple[HomeWizard, ...], tuple[Marstek, ...], Gx | None]:
    return await asyncio.gather(_homewizard(clock), _marstek(clock, options), discover_gx(clock))


async def _homewizard(clock: Clock) -> tuple[HomeWizard, ...]:
    try:
        return await discover_homewizard(clock)
    except DiscoveryFailed as failed:
        complain(f"HomeWizard: {failed}")
        return ()


async def _marstek(clock: Clock, options: argparse.Namespace) -> tuple[Marstek, ...]:
    try:
        return await discover_marstek(clock, port=options.port, bind_host=options.bind, addresses=options.broadcast)
    except PortTaken as taken:
        complain(f"Marstek: {taken}")
        return ()


def _meters(found: Iterable[HomeWizard]) -> Iterator[str]:
    """The first P1 as a section; whatever else there is as remarks, because a file has one section p1."""
    is_taken = False
    for device in found:
        if device.product_type == "HWE-P1" and not is_taken:
            is_taken = True
            yield "p1:"
            yield f"  host: {device.host}"
            yield f'  serial: "{device.serial}"  # {_remark(device.name)}'
        elif not is_ours(device):
            facts = f"{device.product_type} {device.name} at {device.host}, serial {device.serial}"
            yield f"# {_remark(facts)}: not used yet"


def _batteries(found: Iterable[Marstek]) -> Iterator[str]:
    for number, battery in enumerate(found, start=1):
        if number == 1:
            yield "udp_battery:"
            yield "  batteries:"
        yield f"    {_id(battery.model, number)}:  # {_remark(battery.model)}, firmware {battery.version}"
        yield f"      host: {battery.host}"
        if battery.port != MARSTEK_PORT:
            yield f"      port: {battery.port}"
        if battery.mac:
            yield f'      mac: "{battery.mac}"'


def _systems(gx: Gx | None) -> Iterator[str]:
    if gx is None:
        return
    yield "victron:"
    yield "  systems:"
    yield "    gx_battery:"
    yield f"      host: {gx.host}"
    if gx.port is None:
        yield "      # its broker is closed: switch MQTT access on in the GX (Settings, Integrations)"
    elif gx.security == "plain":
        yield "      security: plain"
    yield "      # password: ${GX_PASSWORD}  # that of its own pages, in ballast.env"


def _id(model: str, number: int) -> str:
    """A name for the file, unique by its number."""
    stem = re.sub("[^a-z0-9]+", "_", model.lower()).strip("_")[:MOST_OF_MODEL] or "battery"
    return f"{stem}_{number}"


def _remark(text: str) -> str:
    """One line, whatever a device calls itself."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)

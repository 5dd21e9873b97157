"""`ballast discover`: HomeWizard by mDNS and Marstek by broadcast, printed as YAML to paste."""

import argparse
import asyncio
import re

from common.clock import Clock, SystemClock
from common.homewizard.announcement import Found as HomeWizard
from common.homewizard.discovery import DiscoveryFailed
from common.homewizard.discovery import discover as discover_homewizard
from services.cli.configured import complain, say
from services.homewizard.discovery import is_ours, pasted
from services.udp_battery.discovery import Found as Marstek
from services.udp_battery.discovery import discover as discover_marstek
from services.udp_battery.link import PortTaken


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast discover`."""
    parser.add_argument("--port", type=int, default=30000, help="UDP port set in the Marstek app (default 30000)")
    parser.add_argument(
        "--broadcast", nargs="*", default=(), metavar="ADDRESS", help="where to shout (default: everywhere)"
    )
    parser.add_argument("--bind", default="0.0.0.0", metavar="ADDRESS", help="own address to ask from")


def run(options: argparse.Namespace) -> int:
    """Look for 10 s. Returns 1 if nobody answered."""
    complain("Looking for 10 s …")
    meters, batteries = asyncio.run(_both(SystemClock(), options))
    if not meters and not batteries:
        say("# Nobody answered. Containers and other networks hear no broadcasts: write the addresses by hand.")
        return 1
    say("\n".join([*_meters(meters), *pasted(meters), *_batteries(batteries)]))
    return 0


async def _both(clock: Clock, options: argparse.Namespace) -> tuple[tuple[HomeWizard, ...], tuple[Marstek, ...]]:
    return await asyncio.gather(_homewizard(clock), _marstek(clock, options))


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


def _meters(found: tuple[HomeWizard, ...]) -> list[str]:
    lines: list[str] = []
    for device in found:
        if device.product_type == "HWE-P1":
            lines += ["p1:", f"  host: {device.host}", f'  serial: "{device.serial}"  # {device.name}']
        elif not is_ours(device):
            lines.append(
                f"# {device.product_type} {device.name} at {device.host}, serial {device.serial}: not used yet"
            )
    return lines


def _batteries(found: tuple[Marstek, ...]) -> list[str]:
    lines = ["udp_battery:", "  batteries:"] if found else []
    for number, battery in enumerate(found, start=1):
        name = f"{re.sub('[^a-z0-9]+', '_', battery.model.lower()).strip('_')}_{number}"[:32]
        lines += [f"    {name}:  # {battery.model}, firmware {battery.version}", f"      host: {battery.host}"]
        lines += [f"      port: {battery.port}"] if battery.port != 30000 else []
        lines += [f'      mac: "{battery.mac}"'] if battery.mac else []
    return lines

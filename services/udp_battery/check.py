"""Try every battery that is set, and say what was found. Asks only; gives no orders. For `ballast check`."""

import asyncio
from dataclasses import dataclass

from common.clock import Clock
from common.errors import DeviceError
from common.retry import retry_unreachable
from services.udp_battery import wire
from services.udp_battery.config import BatterySettings, Config
from services.udp_battery.contact import READ_ATTEMPTS, READ_TIMEOUT_S
from services.udp_battery.firmware import firmware
from services.udp_battery.link import QUIET_S, Line, Port, PortTaken, open_port, resolve
from services.udp_battery.wire import Reading, Reply, Request


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of trying one battery."""

    device: str
    is_well: bool
    text: str


async def check(config: Config, clock: Clock) -> tuple[Finding, ...]:
    """One finding per battery, in the order of the file."""
    found: list[Finding] = []
    for number, batteries in config.by_local_port().items():
        try:
            async with open_port(config.bind_host, number, clock) as port:
                tries = [_try(port, device, settings, clock) for device, settings in batteries.items()]
                found += await asyncio.gather(*tries)
        except PortTaken as taken:
            found += [Finding(device, False, str(taken)) for device in batteries]
    order = list(config.batteries)
    return tuple(sorted(found, key=lambda finding: order.index(finding.device)))


async def _try(port: Port, device: str, settings: BatterySettings, clock: Clock) -> Finding:
    try:
        line = port.line(await resolve(settings.host, settings.port, clock), settings.mac)
        who = wire.identity(await _ask(line, wire.GET_DEVICE, clock))
        now = wire.reading(
            (await _ask(line, wire.GET_MODE, clock)).result or {}, firmware(who.device, who.version).scale
        )
    except DeviceError as error:
        advice = "Is it on, and is Open API on in the Marstek app, with this port?"
        return Finding(device, False, f"{error}. {advice}")
    return Finding(device, True, _described(who, now))


async def _ask(line: Line, request: Request, clock: Clock) -> Reply:
    return await retry_unreachable(
        lambda: line.ask(request, READ_TIMEOUT_S), clock, attempts=READ_ATTEMPTS, pause_s=QUIET_S
    )


def _described(who: wire.Identity, now: Reading) -> str:
    """In one line, as an owner would ask."""
    does = "an unknown power"
    if now.power_w is not None:
        does = f"taking {now.power_w:.0f} W" if now.power_w > 0 else f"giving {-now.power_w:.0f} W"
    charge = "unknown" if now.soc_pct is None else f"{now.soc_pct:.0f} %"
    known = firmware(who.device, who.version)
    advice = "; update its firmware, this one resets its settings now and then" if known.is_fragile else ""
    return f"{who.device}, firmware {who.version}, mac {who.mac}: mode {now.mode}, charge {charge}, {does}{advice}"

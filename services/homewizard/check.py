"""Try every device once and say what was found. Asks only; switches nothing. For `ballast check`."""

import asyncio
from pathlib import Path
from typing import Final

from common.clock import Clock
from common.errors import DeviceError
from common.finding import Finding
from services.homewizard import wire
from services.homewizard.config import Config, GroupSettings, SocketSettings, WaterSettings
from services.homewizard.device import AnySettings, Device
from services.homewizard.group import PATH, group
from services.homewizard.line import Line
from services.homewizard.socket import STATE
from services.homewizard.troubles import explain

PATIENCE_S: Final = 15.0


async def check(config: Config, data_dir: Path, clock: Clock, *, blink: bool = False) -> tuple[Finding, ...]:
    """One finding per device, in the order of the file's parts. `blink`: each shows which one it is, if it can."""
    return tuple(
        await asyncio.gather(
            *(_try(name, settings, data_dir, clock, blink=blink) for name, settings in config.devices())
        )
    )


async def _try(name: str, settings: AnySettings, data_dir: Path, clock: Clock, *, blink: bool) -> Finding:
    device = Device(name, settings, data_dir, clock)
    try:
        async with clock.timeout(PATIENCE_S), device.connected() as line:
            facts = line.facts
            what = f"{facts.product_type}, firmware {facts.firmware_version}: {await _measured(line, settings)}"
            blinks = blink and await line.blink()
            return Finding(name, True, f"{what}{'; it blinks now' if blinks else ''}")
    except DeviceError as error:
        trouble = explain(error, name, settings.host)
        return Finding(name, False, f"{trouble.text} {trouble.advice}")
    except TimeoutError:
        return Finding(name, False, f"{settings.host} gave no measurement within {PATIENCE_S:.0f} s.")


async def _measured(line: Line, settings: AnySettings) -> str:
    """The most telling of what it says, in a few words."""
    if isinstance(settings, WaterSettings):
        return f"{wire.water_m3(await line.measurement()):.3f} m³"
    if isinstance(settings, GroupSettings):
        said = group(await line.read(PATH))
        count = "" if said.count is None else f" of {said.count}"
        return f"batteries{count} in {said.mode}; takes {', '.join(said.modes)}"
    flow = wire.flow(await line.measurement())
    power = "no power told" if flow.power_w is None else f"{flow.power_w:.0f} W"
    if isinstance(settings, SocketSettings):
        seen = wire.position(await line.read(STATE))
        return f"{'on' if seen.power_on else 'off'}{', locked' if seen.switch_lock else ''}, {power}"
    charge_pct = wire.charge_pct(flow)
    return power if charge_pct is None else f"{power}, {charge_pct:.0f} %"

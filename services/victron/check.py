"""Try every system once and say what was found. Reads only; a certificate seen for the first time is not remembered."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from common.alerts import Alerts
from common.clock import Clock
from common.finding import Finding
from common.memory_bus import MemoryBroker
from common.report import Report
from services.victron import alarms
from services.victron.bridge import LOOK_S, contact
from services.victron.config import Config, SystemSettings
from services.victron.device import Gx
from services.victron.situation import Situation, look

PATIENCE_S: Final = 20.0
ACCOUNT: Final = "ballast-check"
"""Not the service's own name: its connection stays."""


async def check(config: Config, data_dir: Path, clock: Clock) -> tuple[Finding, ...]:
    """One finding per system, in the order of the file."""
    tries = (_try(name, settings, data_dir, clock) for name, settings in config.systems.items())
    return tuple(await asyncio.gather(*tries))


async def _try(name: str, settings: SystemSettings, data_dir: Path, clock: Clock) -> Finding:
    bus = MemoryBroker().plug(ACCOUNT, "check", clock)
    report = Report(bus, Alerts(bus), "battery", name)
    with TemporaryDirectory() as nowhere:
        is_known = (data_dir / f"victron-{name}.pem").exists()
        async with Gx(settings, ACCOUNT, report, data_dir if is_known else Path(nowhere)) as gx:
            await _wait(gx, clock)
            if gx.is_fresh:
                return Finding(name, True, _described(look(gx.mirror)))
            found = alarms.of_contact(contact(gx, settings))
    kind = next((kind for kind, what in found.items() if what is not None), "silent")
    return Finding(name, False, " ".join(alarms.sentences(kind, found[kind] or f"{settings.host}:{settings.door}")))


async def _wait(gx: Gx, clock: Clock) -> None:
    """Until it has said everything, or said no."""
    try:
        async with clock.timeout(PATIENCE_S):
            while not gx.is_fresh and gx.refusal is None:
                await gx.stay()
                await clock.sleep(LOOK_S)
    except TimeoutError:
        return


def _described(seen: Situation) -> str:
    """In one line, as an owner would ask."""
    charge = "unknown" if seen.soc_pct is None else f"{seen.soc_pct:.0f} %"
    does = "an unknown power"
    if seen.battery_w is not None:
        does = f"{'giving' if seen.battery_w < 0 else 'taking'} {abs(seen.battery_w):.0f} W"
    ess = "" if seen.has_ess else "; no ESS: nothing can be ordered"
    master = "" if seen.master is None else f"; under {seen.master.replace('_', ' ')} now"
    return f"{seen.product}: charge {charge}, {does}{ess}{master}"

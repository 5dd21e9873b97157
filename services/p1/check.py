"""Try the P1 meter once and say what was found. For `ballast check`."""

from pathlib import Path
from zoneinfo import ZoneInfo

from common.clock import Clock
from common.errors import DeviceError
from common.finding import Finding
from services.p1 import wire
from services.p1.config import Config
from services.p1.device import Dongle
from services.p1.line import V2Line
from services.p1.troubles import explain

PATIENCE_S = 15.0


async def check(config: Config, data_dir: Path, zone: ZoneInfo, clock: Clock) -> tuple[Finding, ...]:
    """The one finding there is."""
    dongle = Dongle(config, data_dir, clock, config.serial)
    try:
        async with clock.timeout(PATIENCE_S), dongle.connected() as line:
            document = await line.measurement()
            telegram = wire.telegram(document, zone, clock.wall_ms())
            way = "API v2" if isinstance(line, V2Line) else "API v1"
            facts = line.facts
            text = f"{facts.product_type}, firmware {facts.firmware_version}, {way}: {telegram.state.power_w:.0f} W"
            return (Finding(config.id, True, text),)
    except DeviceError as error:
        trouble = explain(error, config.host)
        return (Finding(config.id, False, f"{trouble.text} {trouble.advice}"),)
    except TimeoutError:
        return (Finding(config.id, False, f"{config.host} gave no measurement within {PATIENCE_S:.0f} s."),)

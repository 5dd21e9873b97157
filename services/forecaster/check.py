"""Ask the weather service once, and say what it promises. For `ballast check`."""

from common.clock import Clock
from common.errors import DeviceError
from common.finding import Finding
from common.means import QUARTER_S, quarter
from services.forecaster.config import Config
from services.forecaster.core.quarters import PER_DAY
from services.forecaster.web import Source, web

ADVICE = "Is this machine on the internet? Without weather the forecast is made of a clear sky and the last days."


async def check(config: Config, clock: Clock) -> tuple[Finding, ...]:
    """One finding, if a service is asked at all."""
    if not config.is_asking:
        return ()
    try:
        async with web(config, clock) as line:
            promise = await Source(line, config).fetch()
    except DeviceError as error:
        return (Finding("forecaster", False, f"{error}. {ADVICE}"),)
    now_s = quarter(clock.wall_ms() / 1000)
    day = [promise.raw_w.get(now_s + k * QUARTER_S, 0.0) for k in range(PER_DAY)]
    energy_kwh = sum(day) * QUARTER_S / 3_600_000
    text = f"the weather is known; {energy_kwh:.1f} kWh of sun in the next 24 h, at most {max(day):,.0f} W"
    return (Finding("forecaster", True, text),)

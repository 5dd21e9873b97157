"""From an order in W to a whole percentage: what a dimmer can give, and what its owner wants of it. Pure."""

from services.pzem.config import DimmerSettings
from services.pzem.curve import Curve


def level(power_w: float, curve: Curve, settings: DimmerSettings) -> int:
    """The percentage for a power. Less than the least, in W or percent, is off, and off is really 0."""
    if power_w <= 0 or power_w < settings.min_power_w:
        return 0
    percent = curve.percent(power_w)
    return percent if percent >= settings.min_percent else 0


def levels_w(curve: Curve, settings: DimmerSettings) -> tuple[float, ...]:
    """What it can give, in whole W, one for each percentage that makes a difference; 0 and nothing below the least."""
    given_w = {float(round(power_w)) for power_w in curve.table}
    return (0.0, *sorted(power_w for power_w in given_w if level(power_w, curve, settings) > 0))


def shortfall(power_w: float, percent: int, curve: Curve) -> str:
    """Why an order is not met by the percentage nearest to it; empty if it is."""
    given_w = curve.table[percent]
    if percent == 0 and power_w > 0:
        return f"{power_w:.0f} W is less than it can be dimmed to; it is off"
    coarse_w = 1 + max(high - low for low, high in zip(curve.table, curve.table[1:], strict=False))
    return f"it gives {given_w:.0f} W at {percent} %" if abs(given_w - power_w) > coarse_w else ""

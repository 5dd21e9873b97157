"""From an order in W to a whole percentage: what a dimmer can give, and what its owner wants of it. Pure."""

from typing import Final

from services.pzem.config import DimmerSettings
from services.pzem.curve import Curve

TELLING_W: Final = 50.0
"""An order that asks for so much more than everything is worth a word."""


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
    """Why an order is met by neither end of what it can give; empty if the nearest percentage does."""
    if percent == 0 and power_w > 0:
        return f"{power_w:.0f} W is less than it can be dimmed to; it is off"
    most_w = curve.max_power_w
    return f"it gives {most_w:.0f} W at {percent} %" if power_w > most_w + TELLING_W else ""

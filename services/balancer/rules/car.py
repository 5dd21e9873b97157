"""What a car may draw: a share of the surplus, and a little at low-tariff hours."""

from collections.abc import Sequence
from dataclasses import dataclass

SURPLUS_SHARE = 0.85
"""Of the surplus, the rest is for the batteries …"""
FULL_SHARE = 1.0
"""… or all of it once they are nearly full."""
NEARLY_FULL_PCT = 90.0
NEARLY_EMPTY_PCT = 20.0
LOW_TARIFF_W = 1400.0
"""6 A on one phase, the least that a charger offers (IEC 61851-1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarChoice:
    """What the car may draw, and how much of it comes from the grid on purpose."""

    power_w: float
    from_grid_w: float
    rule: str


def car_power(*, connected: bool, surplus_w: float, battery_socs_pct: Sequence[float], low_tariff: bool) -> CarChoice:
    """Power in W for the car. `surplus_w` is what would be exported if car and batteries stood still, ≥ 0."""
    full = bool(battery_socs_pct) and all(soc >= NEARLY_FULL_PCT for soc in battery_socs_pct)
    empty = bool(battery_socs_pct) and all(soc <= NEARLY_EMPTY_PCT for soc in battery_socs_pct)
    if not connected:
        return CarChoice(power_w=0.0, from_grid_w=0.0, rule="no_car")
    if surplus_w > 0:
        share = FULL_SHARE if full or not battery_socs_pct else SURPLUS_SHARE
        return CarChoice(power_w=share * surplus_w, from_grid_w=0.0, rule="car_surplus")
    if low_tariff and (full or not empty):
        return CarChoice(power_w=LOW_TARIFF_W, from_grid_w=LOW_TARIFF_W, rule="car_low_tariff")
    return CarChoice(power_w=0.0, from_grid_w=0.0, rule="car_waits")

"""What the sun will bring to one load over a time, by the forecast."""

from typing import NamedTuple

from services.balancer.loads.horizon import Forecast
from services.balancer.loads.need import ROW_H

ROW_S = ROW_H * 3600


class Thirst(NamedTuple):
    """What a load can make of a surplus, and how much it wants."""

    least_w: float
    """Less it does not take: a switched load takes all of its power or nothing."""
    most_w: float
    need_wh: float


def gloom_pct(pv: Forecast | None, house: Forecast | None, span_s: tuple[float, float], thirst: Thirst) -> float:
    """Share of a need that the sun will not bring to a load, in %; all of it where nobody knows."""
    if pv is None or house is None:
        return 100.0
    start_s, end_s = span_s
    rows = [start_s + (row + 0.5) * ROW_S for row in range(max(0, int((end_s - start_s) / ROW_S)))]
    left_w = [(_at(pv, at_s), _at(house, at_s)) for at_s in rows]
    brought_wh = sum(
        min(thirst.most_w, sun_w - drawn_w) * ROW_H
        for sun_w, drawn_w in left_w
        if sun_w is not None and drawn_w is not None and sun_w - drawn_w >= thirst.least_w
    )
    return 100.0 * (1 - min(1.0, brought_wh / thirst.need_wh))


def _at(forecast: Forecast, at_s: float) -> float | None:
    return next((power_w for from_s, to_s, power_w in forecast if from_s <= at_s < to_s), None)

"""What the house is expected to draw, over spans of any length, and how else it may turn out. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from math import hypot
from typing import Final, NamedTuple

from common.contract import Forecast, ForecastSlot

SPREAD: Final = 0.956
"""Of three ways that are as likely, the outer ones lie so far out, as a share of the way from p50 to p10 or p90."""


class Drawn(NamedTuple):
    """Of one span."""

    base_w: float
    """House minus sun, + import."""
    ways_w: Sequence[float]
    """By how much it may turn out otherwise, each way as likely; + more import."""


class Expected:
    """Two forecasts as one. Without `pv` the house has no roofs."""

    def __init__(self, load: Forecast, pv: Forecast | None) -> None:
        self._load, self._pv = _Course(load.slots), _Course(pv.slots) if pv is not None else None

    def over(self, start_ms: int, end_ms: int) -> Drawn | None:
        """Mean of a span; None where a forecast does not reach over all of it. House and sun do not know each other."""
        load = self._load.mean(start_ms, end_ms)
        pv = self._pv.mean(start_ms, end_ms) if self._pv is not None else Quantiles(0.0, 0.0, 0.0)
        if load is None or pv is None:
            return None
        less_w = SPREAD * hypot(load.p50_w - load.p10_w, pv.p90_w - pv.p50_w)
        more_w = SPREAD * hypot(load.p90_w - load.p50_w, pv.p50_w - pv.p10_w)
        return Drawn(load.p50_w - pv.p50_w, (-less_w, 0.0, more_w) if less_w or more_w else (0.0,))


class Quantiles(NamedTuple):
    """Mean power; where only p50 is told, all three are that."""

    p10_w: float
    p50_w: float
    p90_w: float


class _Course:
    """One forecast."""

    def __init__(self, slots: Sequence[ForecastSlot]) -> None:
        self._slots, self._starts = slots, [slot.start_ms for slot in slots]

    def mean(self, start_ms: int, end_ms: int) -> Quantiles | None:
        totals, covered_ms = [0.0, 0.0, 0.0], 0
        for slot in self._slots[max(0, bisect_right(self._starts, start_ms) - 1) : bisect_right(self._starts, end_ms)]:
            part_ms = max(0, min(slot.end_ms, end_ms) - max(slot.start_ms, start_ms))
            for number, power_w in enumerate((slot.p10_w, slot.p50_w, slot.p90_w)):
                totals[number] += part_ms * (slot.p50_w if power_w is None else power_w)
            covered_ms += part_ms
        return Quantiles(*(total / covered_ms for total in totals)) if covered_ms >= end_ms - start_ms else None

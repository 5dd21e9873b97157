"""What is left for loads in each quarter hour to come: the forecast, corrected by what is measured now.

The correction fades with the horizon and is made of sun, so surplus at noon promises nothing for the night.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from math import exp

from services.balancer.loads.need import ROW_H
from services.balancer.loads.schedule import Row

FADE_H = 2.0
"""After so many hours about a third of the present error is still believed."""
LONGEST_ROWS = 192
"""Two days."""

Span = tuple[float, float, float]
"""(start in s, end in s, power in W)"""
Forecast = Sequence[Span]


def rows_ahead(seconds: float) -> int:
    """Rows that fit before a deadline, counting the one that begins now; none before one that is past."""
    return min(LONGEST_ROWS, max(0, int(seconds / (ROW_H * 3600) + 1e-9)))


def horizon(now_s: float, rows: int, present_w: float, pv: Forecast | None, load: Forecast | None) -> list[Row]:
    """Power left per row, from now on. `present_w`: measured. Without both forecasts all but the first are unknown."""
    if rows <= 0:
        return []
    means = _means(now_s, rows)
    sun_w = means(pv) if pv is not None else [None] * rows
    drawn_w = means(load) if load is not None else [None] * rows
    told_w = [None if sun is None or drawn is None else sun - drawn for sun, drawn in zip(sun_w, drawn_w, strict=True)]
    error_w = present_w - told_w[0] if told_w[0] is not None else 0.0
    ahead = [_corrected(told_w[row], sun_w[row], sun_w[0], row, error_w) for row in range(1, rows)]
    return [present_w, *ahead]


def _corrected(told_w: Row, sun_w: Row, sun_now_w: Row, row: int, error_w: float) -> Row:
    if told_w is None:
        return None
    daylight = min(1.0, sun_w / sun_now_w) if sun_w and sun_now_w else 0.0
    return told_w + error_w * daylight * exp(-row * ROW_H / FADE_H)


def _means(now_s: float, rows: int) -> Callable[[Forecast], list[Row]]:
    """Mean power in each row; None where the forecast does not reach over all of it."""
    starts_s = [now_s + row * ROW_H * 3600 for row in range(rows)]

    def means(spans: Forecast) -> list[Row]:
        ordered, first = sorted(spans), 0
        told: list[Row] = []
        for start_s in starts_s:
            while first < len(ordered) and ordered[first][1] <= start_s:
                first += 1
            told.append(_mean(islice(ordered, first, None), start_s, start_s + ROW_H * 3600))
        return told

    return means


def _mean(spans: Iterator[Span], start_s: float, end_s: float) -> Row:
    covered_s = energy_ws = 0.0
    for from_s, to_s, power_w in takewhile(lambda span: span[0] < end_s, spans):
        part_s = min(to_s, end_s) - max(from_s, start_s)
        if part_s > 0:
            covered_s, energy_ws = covered_s + part_s, energy_ws + part_s * power_w
    return energy_ws / covered_s if covered_s >= 0.99 * (end_s - start_s) else None

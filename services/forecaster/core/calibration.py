"""What the roof really gives of what the weather promises: learnt by time of day, the recent past first.

For each quarter of the day a line through (promised, measured): its height is a bias of the hour (a shadow, a plane
that looks elsewhere), its slope one of clearness (thin cloud taken for thick). Neighbouring quarters help, old days
fade, and with little history the line stays near "as promised".
"""

from collections.abc import Iterable, Iterator
from math import exp
from typing import Final, NamedTuple

from services.forecaster.core.quarters import PER_DAY, Quarter, of_day

HALF_LIFE_S: Final = 40 * 86_400
WINDOW_S: Final = 120 * 86_400
"""Older days say nothing any more."""
REACH: Final = 8
"""Neighbours on either side that help, two hours …"""
WIDTH: Final = 2.0
"""… by a bell curve half an hour wide."""
PRIOR: Final = 10.0
"""So many quarters' worth of evidence that the promise is right: two days' with their neighbours."""
STEEPEST: Final = 4.0


class Line(NamedTuple):
    """measured = base_w + slope × promised"""

    base_w: float = 0.0
    slope: float = 1.0


class _Sums(NamedTuple):
    weight: float = 0.0
    promised: float = 0.0
    given: float = 0.0
    promised2: float = 0.0
    product: float = 0.0

    def plus(self, other: "_Sums", share: float) -> "_Sums":
        return _Sums(*(mine + share * theirs for mine, theirs in zip(self, other, strict=True)))


class Calibration:
    """A line for each quarter of the day (in UTC: the sun knows no summer time)."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        self._lines = lines

    @classmethod
    def learn(cls, history: Iterable[Quarter], now_s: float) -> "Calibration":
        """From what was promised and measured before now; of quarters without one of both nothing is learnt."""
        sums = [_Sums()] * PER_DAY
        for row in history:
            age_s = now_s - row.start_s
            if row.pv_w is None or row.raw_w is None or not 0 < age_s < WINDOW_S or not (row.pv_w or row.raw_w):
                continue
            one = _Sums(1.0, row.raw_w, row.pv_w, row.raw_w**2, row.raw_w * row.pv_w)
            sums[of_day(row.start_s)] = sums[of_day(row.start_s)].plus(one, 0.5 ** (age_s / HALF_LIFE_S))
        return cls(tuple(_line(_pooled(sums, index)) for index in range(PER_DAY)))

    def corrected(self, start_s: int, promised_w: float) -> float:
        """What is to be expected where the weather promises so much; ≥ 0."""
        line = self._lines[of_day(start_s)]
        return max(0.0, line.base_w + line.slope * promised_w)


def _pooled(sums: list[_Sums], index: int) -> _Sums:
    pooled = _Sums()
    for offset, share in _NEIGHBOURS:
        near = sums[(index + offset) % PER_DAY]
        if near.weight:
            pooled = pooled.plus(near, share)
    return pooled


def _neighbours() -> Iterator[tuple[int, float]]:
    for offset in range(-REACH, REACH + 1):
        yield offset, exp(-0.5 * (offset / WIDTH) ** 2)


_NEIGHBOURS: Final = tuple(_neighbours())


def _line(sums: _Sums) -> Line:
    """Least squares, drawn towards a plain share of the promise, and that share towards all of it, by `PRIOR` each.

    So a roof that has seen clear days only is not followed along a guess to dull ones.
    """
    if not sums.promised2:
        return Line()
    prior_w = PRIOR * sums.promised / sums.weight
    share = (sums.given + prior_w) / (sums.promised + prior_w)
    square = PRIOR * sums.promised2 / sums.weight
    n, xx, xy = sums.weight + PRIOR, sums.promised2 + square, sums.product + square * share
    slope = (n * xy - sums.promised * sums.given) / (n * xx - sums.promised**2)
    bounded = min(STEEPEST, max(0.0, slope))
    return Line((sums.given - bounded * sums.promised) / n, bounded)

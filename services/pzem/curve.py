"""How much power a dimmer gives at each percentage. Pure.

A dimmer cuts time, not power: at half the time it gives half the power, at a quarter a tenth. Its curve is made once,
from what was measured, or from theory; an order is then a look into a table of whole percentages.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

Point = tuple[float, float]
"""A percentage and what the load draws there, in W."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Power in W at 0, 1, … 100 %. Never falls; nothing at 0 %."""

    table: tuple[float, ...]

    @classmethod
    def of_theory(cls, max_power_w: float) -> Self:
        """A resistive load behind a phase-angle dimmer: the share of a half wave's energy in its last part."""
        shares = (percent / 100 for percent in range(101))
        return cls(tuple(max_power_w * (share - math.sin(2 * math.pi * share) / (2 * math.pi)) for share in shares))

    @classmethod
    def of_points(cls, points: Iterable[Point]) -> Self:
        """The nearest curve that never falls through what was measured. Raises ValueError if that is too little."""
        known = [(percent, power_w) for percent, power_w in points if percent > 0]
        if len({percent for percent, _ in known}) < 3:
            raise ValueError("a curve needs measurements at three percentages above 0 or more")
        for percent, power_w in known:
            if not (percent <= 100 and 0 <= power_w < math.inf):
                raise ValueError(f"{percent:g} % and {power_w:g} W is no point of a curve")
        rising = [(0.0, 0.0), *_never_falling(known)]
        return cls(tuple(_between(rising, percent) for percent in range(101)))

    @property
    def max_power_w(self) -> float:
        """At 100 %."""
        return self.table[-1]

    def percent(self, power_w: float) -> int:
        """The whole percentage whose power is nearest; the smaller one if two are."""
        above = bisect_left(self.table, power_w)
        if above == 0 or above > 100:
            return min(above, self._first_of_the_top)
        is_nearer = self.table[above] - power_w < power_w - self.table[above - 1]
        return above if is_nearer else bisect_left(self.table, self.table[above - 1])

    @property
    def _first_of_the_top(self) -> int:
        """The smallest percentage that gives everything."""
        return bisect_left(self.table, self.table[-1])


def _never_falling(points: Sequence[Point]) -> list[Point]:
    """Least squares among all sequences that never fall: neighbours that do are pooled (isotonic regression)."""
    pools: list[list[Point]] = []
    for percent in sorted({percent for percent, _ in points}):
        pools.append([point for point in points if point[0] == percent])
        while len(pools) > 1 and _mean_w(pools[-2]) > _mean_w(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    return [(percent, _mean_w(pool)) for pool in pools for percent in sorted({percent for percent, _ in pool})]


def _mean_w(pool: Sequence[Point]) -> float:
    return math.fsum(power_w for _, power_w in pool) / len(pool)


def _between(rising: Sequence[Point], percent: float) -> float:
    """Power on the straight line between the two neighbours; beyond the last point its own."""
    above = bisect_left(rising, percent, key=lambda point: point[0])
    if above == len(rising):
        return rising[-1][1]
    (right, right_w), (left, left_w) = rising[above], rising[max(0, above - 1)]
    return (
        right_w if percent == right else min(right_w, left_w + (right_w - left_w) * (percent - left) / (right - left))
    )


def read_points(text: str) -> list[Point]:
    """The lines `percent;watts` of a calibration, with points or commas in the numbers. Raises ValueError."""
    lines = [line.strip() for line in text.splitlines()]
    filled = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    return [_point(number, line) for number, line in filled if line.lower().lstrip('"')[:1].isdigit()]


def _point(number: int, line: str) -> Point:
    percent, semicolon, power_w = line.replace(",", ".").partition(";")
    if not semicolon:
        raise ValueError(f"line {number} is {line!r:.40}; a line is `percent;watts`, such as 25;210.4")
    return float(percent), float(power_w)


def write_points(points: Iterable[Point]) -> str:
    """The same lines, with decimal points."""
    return "percent;watts\n" + "".join(f"{percent:g};{power_w:.1f}\n" for percent, power_w in points)

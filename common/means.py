"""Means of quarter hours out of measurements that come when they like. Pure.

A value holds until the next one, and no longer than a measurement may be old. What was silent is not known, and a
quarter of which a fifth is not known has no mean.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

QUARTER_S: Final = 900
HOLDS_S: Final = 120.0
"""A state is due each 30 s at least; after four of them it is silence."""
COVERED: Final = 0.8
KEPT: Final = 4
"""Quarters that are remembered; more would be a clock that was set."""


def quarter(time_s: float) -> int:
    """The quarter hour in which an instant lies, by its first second."""
    return int(time_s // QUARTER_S) * QUARTER_S


class Part(NamedTuple):
    """What is known of one quarter: for how long, and how much."""

    covered_s: float = 0.0
    energy_ws: float = 0.0

    def plus(self, seconds: float, power_w: float) -> "Part":
        """And so long at this power."""
        return Part(self.covered_s + seconds, self.energy_ws + seconds * power_w)

    def mean_w(self, least_share: float) -> float | None:
        """Over the quarter; None if less than this share of it is known."""
        return self.energy_ws / self.covered_s if self.covered_s >= least_share * QUARTER_S - 1e-6 else None


def pieces(start_s: float, end_s: float) -> Iterator[tuple[int, float, float]]:
    """A span cut at quarters: (quarter, from, to)."""
    while start_s < end_s:
        at = quarter(start_s)
        to_s = min(end_s, at + QUARTER_S)
        yield at, start_s, to_s
        start_s = to_s


class Means:
    """One device's power, quarter by quarter. Times are s UTC, as the device's bridge measured them."""

    def __init__(self) -> None:
        self._parts: dict[int, Part] = {}
        self._last: tuple[float, float | None] | None = None

    def add(self, time_s: float, power_w: float | None) -> None:
        """A measurement; None: it says that it does not know. One older than the last is none."""
        if self._last is not None and time_s < self._last[0]:
            if self._last[0] - time_s < QUARTER_S:
                return
            self._parts.clear()  # the clock was set back
        elif self._last is not None and self._last[1] is not None:
            self._fill(*self._last, min(time_s, self._last[0] + HOLDS_S))
        self._last = time_s, power_w
        while len(self._parts) > KEPT:
            del self._parts[min(self._parts)]

    def mean_w(self, start_s: int) -> float | None:
        """Over a quarter that is over; None if too much of it is not known."""
        part = self._parts.get(start_s, Part())
        if self._last is not None and self._last[1] is not None and quarter(self._last[0]) == start_s:
            until_s = min(start_s + QUARTER_S, self._last[0] + HOLDS_S)
            part = part.plus(until_s - self._last[0], self._last[1])
        return part.mean_w(COVERED)

    def _fill(self, from_s: float, power_w: float | None, to_s: float) -> None:
        for at, start_s, end_s in pieces(from_s, to_s):
            self._parts[at] = self._parts.get(at, Part()).plus(end_s - start_s, power_w or 0.0)

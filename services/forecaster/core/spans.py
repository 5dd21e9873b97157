"""Power over spans of any length, as means of quarter hours."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from services.forecaster.core.quarters import QUARTER_S, quarter


class Span(NamedTuple):
    """A mean power over some time."""

    start_s: float
    end_s: float
    power_w: float


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


def by_quarter(spans: Iterable[Span], least_share: float = 0.99) -> dict[int, float]:
    """Mean power of each quarter that the spans cover by at least this share."""
    parts: dict[int, Part] = {}
    for span in spans:
        for at, from_s, to_s in pieces(span.start_s, span.end_s):
            parts[at] = parts.get(at, Part()).plus(to_s - from_s, span.power_w)
    return {at: mean_w for at, part in sorted(parts.items()) if (mean_w := part.mean_w(least_share)) is not None}


def between(points: Sequence[tuple[float, float]]) -> Iterator[Span]:
    """Straight lines through (time, power), ascending; exact where they are cut at quarters."""
    for (from_s, from_w), (to_s, to_w) in pairwise(points):
        for _, start_s, end_s in pieces(from_s, to_s):
            share = ((start_s + end_s) / 2 - from_s) / (to_s - from_s)
            yield Span(start_s, end_s, from_w + (to_w - from_w) * share)

"""Power over spans of any length, as means of quarter hours."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from common.means import Part, pieces


class Span(NamedTuple):
    """A mean power over some time."""

    start_s: float
    end_s: float
    power_w: float


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

"""What must go after a reading above the limit."""

from collections.abc import Iterable
from typing import NamedTuple


class Gain(NamedTuple):
    """One output that is on."""

    claimed_w: float
    """What is kept free for it, > 0."""
    surely_w: float
    """What the reading loses at least when it goes, 0 or more."""


def to_shed_w(gains: Iterable[Gain], excess_w: float) -> float:
    """How much of what is claimed must go so that `excess_w` is gained, whoever of them it is that goes."""
    shed_w, missing_w = 0.0, excess_w
    for gain in sorted(gains, key=lambda gain: gain.surely_w / gain.claimed_w):
        if gain.surely_w >= missing_w:
            return shed_w + gain.claimed_w * missing_w / gain.surely_w
        shed_w += gain.claimed_w
        missing_w -= gain.surely_w
    return shed_w

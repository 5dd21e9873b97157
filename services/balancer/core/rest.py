"""What the house would draw without the devices we dose: moved only as far as the evidence forces it.

Believing the meter minus the believed effect of our orders feeds every error of that belief back with gain 1: the
loop hunts, or winds up. So the reading is held against all explanations of what the devices may be doing. What
they can explain changes nothing; what they cannot explain is a change in the house.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

DRIFT = 0.15
"""Share of a small, certain difference that is taken over at each reading …"""
DRIFT_PROMPT = 0.5
"""… and where all that is dosed answers at once: it need not be spared."""
IGNORED_SHARE = 0.25
"""At rest, an order is either carried out or not: what lies much nearer to the one is no sign of the other."""
CLEAR = 4.0
"""So many noise bands beyond the bounds a difference is followed with full trust; just beyond, only to the edge."""
BOLD_SPREAD = 1.5
"""Above this spread of the belief only part of an unexplained rest is taken over at each reading."""


class Evidence(NamedTuple):
    """A reading minus everything the devices may have done during it."""

    lo_w: float
    mid_w: float
    """With every device as believed."""
    hi_w: float
    obeyed_w: float = 0.0
    """Width of the bounds if every order is carried out, be it early or late."""
    ignored_w: float = inf
    """Least distance of the estimate to be expected if one of the unproven orders were not carried out."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The estimate, and whether the last reading was certain."""

    rest_w: float
    was_certain: bool = True


def estimate(rest: Rest, seen: Evidence, noise_w: float, trust: float, drift: float = DRIFT) -> Rest:
    """The estimate after one more reading.

    `noise_w` is the half width of what counts as noise; `trust` (0–1) is how far a difference that the devices only
    half explain is followed beyond the bounds; `drift` is how much of one that is no more than noise.
    """
    lo_w, mid_w, hi_w = seen.lo_w, seen.mid_w, seen.hi_w
    doubtless = seen.obeyed_w <= 2 * noise_w and abs(rest.rest_w - mid_w) <= IGNORED_SHARE * seen.ignored_w
    if hi_w - lo_w <= 2 * noise_w or doubtless:
        small = rest.was_certain and abs(rest.rest_w - mid_w) <= noise_w
        return Rest(rest.rest_w + drift * (mid_w - rest.rest_w) if small else mid_w)
    edge_w = min(hi_w, max(lo_w, rest.rest_w))
    beyond_w = abs(rest.rest_w - edge_w) - noise_w
    if beyond_w <= 0:
        return replace(rest, was_certain=False)
    clear = min(1.0, beyond_w / (CLEAR * noise_w))
    return Rest(edge_w + clear * trust * (mid_w - edge_w), was_certain=False)


def trust(spread: float, dead_time_s: float, period_s: float) -> float:
    """How far to follow beyond the bounds, for the least known response in flight."""
    bold = 0.6 if spread > BOLD_SPREAD else 1.0
    return bold * min(1.0, period_s / max(1e-6, 2 * dead_time_s * (spread - 1 / spread)))

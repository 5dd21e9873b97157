"""The saving mode by what the house draws: up a step at each threshold at once, down after some calm minutes.

A step down adds radiators, so it waits until there is room for them below the threshold; else they would bring the next
step up themselves, and power that hovers about one threshold would climb to the end.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ladder:
    """The mode found, and since when there has been room for the one below."""

    mode: int = 0
    calm_since_s: float | None = None

    def watch(
        self, power_w: float, rising_w: Sequence[float], added_w: float, now_s: float, release_s: float
    ) -> "Ladder":
        """After a reading of what the house draws. `added_w`: what the next mode below would add to it."""
        reached = bisect_left(rising_w, power_w)
        if reached > self.mode:
            return Ladder(reached)
        if self.mode == 0 or power_w + added_w > rising_w[self.mode - 1]:
            return Ladder(self.mode)
        since_s = now_s if self.calm_since_s is None else self.calm_since_s
        return Ladder(self.mode - 1, now_s) if now_s - since_s >= release_s else Ladder(self.mode, since_s)

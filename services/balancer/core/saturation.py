"""What a loop that regulates by itself cannot do: the grid stays off zero although it should be its business.

It may be nearly full, warm, or smaller than it says. What it does then is taken for its limit, until it does more or
some minutes have passed, so that others get the rest.
"""

from dataclasses import dataclass, replace
from math import inf

OFF_W = 50.0
"""Less than this off its target the grid is in order."""
PATIENCE_S = 20.0
"""A loop that works has done its part by then."""
HOLD_S = 300.0
MORE_W = 30.0
"""It does so much more than its limit: then it was none."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """Limits in W as magnitudes, by direction, and since when the grid is off to one side."""

    gives_w: float = inf
    takes_w: float = inf
    side: int = 0
    """+1 while the grid imports too much, −1 while it exports too much."""
    since_s: float = 0.0
    until_s: float = 0.0

    def watch(self, power_w: float, off_w: float, now_s: float) -> "Saturation":
        """Take in one reading: what the loops do together (+ charge), and how far the grid is off its target."""
        side = 0 if abs(off_w) < OFF_W else 1 if off_w > 0 else -1
        kept = self._released(power_w, now_s)
        if side == 0 or side != self.side:
            return replace(kept, side=side, since_s=now_s)
        if now_s - self.since_s < PATIENCE_S:
            return kept
        if side > 0:
            return replace(kept, gives_w=min(kept.gives_w, max(0.0, -power_w)), until_s=now_s + HOLD_S)
        return replace(kept, takes_w=min(kept.takes_w, max(0.0, power_w)), until_s=now_s + HOLD_S)

    def _released(self, power_w: float, now_s: float) -> "Saturation":
        over = now_s >= self.until_s
        gives_w = inf if over or -power_w > self.gives_w + MORE_W else self.gives_w
        takes_w = inf if over or power_w > self.takes_w + MORE_W else self.takes_w
        return replace(self, gives_w=gives_w, takes_w=takes_w)

    def within(self, limits_w: tuple[float, float]) -> tuple[float, float]:
        """(least, most) narrowed to what the loops have shown."""
        return max(limits_w[0], -self.gives_w), min(limits_w[1], self.takes_w)

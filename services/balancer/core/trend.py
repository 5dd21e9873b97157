"""Where the house is going: the edge of a cloud passes for some seconds, while a kettle is on or off.

Loads that answer at once see the house of a second and a half ago when they act. What the last readings agree on is
carried on until then; what turns, or jumps, is not.
"""

from dataclasses import dataclass
from itertools import pairwise

JUMP_W = 200.0
"""From one reading to the next, more than this is a switch and not the sun."""
READINGS = 3


@dataclass(frozen=True, slots=True)
class Trend:
    """The estimate at the last readings."""

    rests_w: tuple[float, ...] = ()

    def watch(self, rest_w: float) -> "Trend":
        """Take in the estimate of one reading."""
        return Trend((*self.rests_w, rest_w)[-READINGS:])

    @property
    def per_reading_w(self) -> float:
        """The smaller of the last two changes if they agree in direction and neither is a jump, else 0."""
        changes = [after_w - before_w for before_w, after_w in pairwise(self.rests_w)]
        if len(changes) < READINGS - 1 or max(map(abs, changes)) > JUMP_W:
            return 0.0
        return max(min(changes), 0.0) + min(max(changes), 0.0)

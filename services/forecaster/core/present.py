"""The present error, carried forward: believed in the next quarter hour, a little in some hours, never at night."""

from math import exp, sqrt
from typing import Final, NamedTuple

BELIEVED: Final = 0.9
"""How much of an error is still there a moment later: part of it was a passing cloud."""
MOST_GROWTH: Final = 1.5
"""In the morning the sun grows faster than anything that can be learnt from its beginning."""


class Present(NamedTuple):
    """How wrong the forecast is now."""

    start_s: int
    """The last quarter hour that was measured."""
    error_w: float
    """Measured minus expected."""
    size_w: float
    """What the error belongs to: clear sky for the sun; for a house it is its error and nothing else."""
    fade_s: float
    """After so long a third of what is believed at first still is."""

    def trust(self, start_s: int) -> float:
        """How much of the error is believed in a quarter hour to come, 0 to 1."""
        return BELIEVED * exp(-max(0.0, start_s - self.start_s) / self.fade_s)

    def carried_w(self, start_s: int, size_w: float) -> float:
        """What to add. Where there is half the sun there is half the error, and where there is none there is none."""
        return self.error_w * self.trust(start_s) * min(MOST_GROWTH, size_w / self.size_w)

    def doubt(self, start_s: int) -> float:
        """What is left of the usual spread, 0 to 1: who knows the present knows the next quarter hour better."""
        return sqrt(1 - self.trust(start_s) ** 2)

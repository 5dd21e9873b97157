"""How dosed devices join a device that regulates the meter by itself without upsetting its loop."""

from dataclasses import dataclass

RULE = "overflow"
GROW_S = 5.0
"""Time constant with which the overflow given to dosed devices grows; it eases at once."""


@dataclass(frozen=True, slots=True)
class Overflow:
    """The overflow handed to dosed devices so far."""

    given_w: float = 0.0

    def towards(self, wanted_w: float, period_s: float) -> "Overflow":
        """A step of `period_s` towards what is wanted: slowly away from zero, at once towards it or across."""
        grows = wanted_w * self.given_w >= 0 and abs(wanted_w) > abs(self.given_w)
        if not grows:
            return Overflow(wanted_w if wanted_w * self.given_w > 0 else 0.0)
        return Overflow(self.given_w + min(1.0, period_s / GROW_S) * (wanted_w - self.given_w))

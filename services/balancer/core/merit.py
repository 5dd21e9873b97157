"""Who gets: room goes down the owner's list, each device taking what it can carry, all in one direction."""

from collections.abc import Mapping, Sequence
from math import copysign
from typing import NamedTuple

ROUNDING = 1e-6
"""Of a step: 0.3 W are three steps of 0.1 W, whatever binary fractions say."""


class Bounds(NamedTuple):
    """What one device may be ordered now, in W; + consumes."""

    low_w: float
    high_w: float
    least_w: float = 0.0
    """It does nothing at all rather than less than this: a dimmer below its lowest level."""
    spare_w: float = 0.0
    """So much of the room it leaves alone."""

    def clamp(self, power_w: float) -> float:
        """The nearest power within the bounds."""
        return min(self.high_w, max(self.low_w, power_w))

    def within(self, other: "Bounds") -> "Bounds":
        """The narrower of both on each side."""
        return self._replace(low_w=max(self.low_w, other.low_w), high_w=min(self.high_w, other.high_w))


def fill(
    order: Sequence[str], bounds: Mapping[str, Bounds], steps_w: Mapping[str, float], room_w: float
) -> dict[str, float]:
    """Share `room_w` (> 0: power to place, < 0: power to find) strictly in order.

    Bounds include zero. Set-points are rounded to the device's step towards zero; the remainder goes to the next,
    and what nobody can take is left to the grid.
    """
    wishes: dict[str, float] = {}
    left_w = room_w
    for device in order:
        step_w = steps_w[device]
        offered_w = max(0.0, left_w - bounds[device].spare_w) if left_w > 0 else left_w
        steps = bounds[device].clamp(offered_w) / step_w
        wish_w = bounds[device].clamp(int(steps + copysign(ROUNDING, steps)) * step_w)
        wishes[device] = wish_w if abs(wish_w) >= bounds[device].least_w else 0.0
        left_w -= wishes[device]
    return wishes

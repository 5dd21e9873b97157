"""Who gets: room goes down the owner's list, each device taking what it can carry, all in one direction."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.balancer.core.steps import Steps


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

    def allowed(self, power_w: float, *, else_w: float) -> float:
        """The power if it lies within the bounds, else another."""
        return power_w if self.low_w <= power_w <= self.high_w else else_w

    def within(self, other: "Bounds") -> "Bounds":
        """The narrower of both on each side."""
        return self._replace(low_w=max(self.low_w, other.low_w), high_w=min(self.high_w, other.high_w))


def fill(
    order: Sequence[str], bounds: Mapping[str, Bounds], steps: Mapping[str, Steps], room_w: float
) -> dict[str, float]:
    """Share `room_w` (> 0: power to place, < 0: power to find) strictly in order.

    Bounds include zero. Set-points are rounded to the device's steps towards zero; the remainder goes to the next.
    Where no next one could take it, coarse ones are rounded to the nearest, and the grid has the difference.
    """
    wishes: dict[str, float] = {}
    left_w = room_w
    last = next((device for device in reversed(order) if bounds[device].clamp(room_w)), None)
    for device in order:
        offered_w = max(0.0, left_w - bounds[device].spare_w) if left_w > 0 else left_w
        asked_w = bounds[device].clamp(offered_w)
        wish_w = bounds[device].clamp(steps[device].towards_zero(asked_w))
        if device == last and wish_w and steps[device].are_coarse:
            wish_w = bounds[device].allowed(steps[device].nearest(asked_w), else_w=wish_w)
        wishes[device] = wish_w if abs(wish_w) >= bounds[device].least_w else 0.0
        left_w = 0.0 if device == last else left_w - wishes[device]
    return wishes

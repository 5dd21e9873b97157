"""Who gets: room goes down the owner's list, each device taking what it can carry, all in one direction."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Bounds(NamedTuple):
    """What one device may be ordered now, in W; + consumes."""

    low_w: float
    high_w: float

    def clamp(self, power_w: float) -> float:
        """The nearest power within the bounds."""
        return min(self.high_w, max(self.low_w, power_w))


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
        wishes[device] = int(bounds[device].clamp(left_w) / step_w) * step_w
        left_w -= wishes[device]
    return wishes

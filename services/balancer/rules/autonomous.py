"""Beside a device that regulates the meter by itself, dosed devices take only what it cannot."""

from services.balancer.core.overflow import RULE
from services.balancer.core.wish import House, Wish

SHARE = 0.9
"""Part of its limits that a self-regulating device is left to handle; the rest is its room to regulate."""


def leave_to_the_loop(house: House) -> Wish | None:
    """Take the overflow only: what lies beyond the loop's share of its limits."""
    least_w, most_w = house.loop_w
    if least_w == most_w == 0:
        return None
    room_w = house.target_grid_w - house.rest_w
    return Wish(rule=RULE, target_w=room_w - min(most_w, max(least_w, room_w)))

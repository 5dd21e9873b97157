"""The normal case: the grid shows what the owner wants it to show, zero as a rule."""

from services.balancer.core.wish import House, Wish


def hold_the_grid(house: House) -> Wish:
    """Place what the house has over, find what it lacks."""
    return Wish(rule="hold_the_grid", target_w=house.target_grid_w - house.rest_w)

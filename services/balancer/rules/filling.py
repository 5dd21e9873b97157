"""Before dear hours batteries are charged to their target, with power from wherever."""

from services.balancer.core.wish import House, Wish


def fill_before_dear_hours(house: House) -> Wish | None:
    """Take what they shall have, or all the room there is, if that is more."""
    if house.fill_w <= 0:
        return None
    return Wish(rule="fill", target_w=max(house.fill_w, house.target_grid_w - house.rest_w))

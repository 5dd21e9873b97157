"""A person has the word, until the end they gave it."""

from services.balancer.core.wish import House, Wish


def obey_the_owner(house: House) -> Wish | None:
    """Hold the power that was asked for; + charge, − discharge, all dosed devices together."""
    return None if house.manual_w is None else Wish(rule="manual", target_w=house.manual_w)

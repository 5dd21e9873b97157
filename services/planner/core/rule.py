"""Plain self-consumption: the yardstick that a plan must never fall below."""

from services.planner.core.problem import Store
from services.planner.core.tank import Carried, carry


def self_consumption(store: Store, stored_wh: float, rest_w: float, hours: float) -> Carried:
    """Surplus goes in, deficits come out, as far as it goes. `rest_w`: the house without battery; + import."""
    return carry(store, stored_wh, -rest_w, hours)

"""A battery over a step of time: what it can take or give of what is asked, and what it holds afterwards."""

from typing import NamedTuple

from services.planner.core.problem import Store


class Carried(NamedTuple):
    """What became of a wish."""

    power_w: float
    """+ charge, as the house sees it."""
    stored_wh: float
    """At the end of the step."""


def carry(store: Store, stored_wh: float, power_w: float, hours: float) -> Carried:
    """As much of the wish as power limits, reserve and ceiling leave. Energy is conserved, losses aside."""
    if power_w >= 0:
        room_wh = max(0.0, min(store.capacity_wh, store.ceiling_wh) - stored_wh)
        taken_w = min(power_w, store.max_charge_w, room_wh / store.charge_efficiency / hours)
        return Carried(taken_w, stored_wh + taken_w * store.charge_efficiency * hours)
    spare_wh = max(0.0, stored_wh - store.reserve_wh)
    given_w = min(-power_w, store.max_discharge_w, spare_wh * store.discharge_efficiency / hours)
    return Carried(-given_w, stored_wh - given_w / store.discharge_efficiency * hours)

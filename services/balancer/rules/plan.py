"""The plan, against reality: give where buying costs more than what is stored is worth, hold where it costs less."""

from math import inf

from common.execution import Intent, Moment, battery_w
from services.balancer.core.wish import House, Wish

RULES = {Intent.CHARGE: "plan_charge", Intent.DISCHARGE: "plan_discharge"}
HOLD = "plan_hold"


def keep_the_peak(house: House) -> Wish | None:
    """Never draw more than the month's planned peak. A quarter hour does not exceed what none of its readings does."""
    return Wish(rule="planned_peak", at_most_w=house.peak_w - house.rest_w) if house.peak_w < inf else None


def follow_the_plan(house: House) -> Wish | None:
    """What the plan makes of it; nothing where that is to hold the grid, as without one."""
    guide = house.guide
    if guide is None:
        return None
    rest_w = house.rest_w - house.target_grid_w
    moment = Moment(rest_w, guide.import_eur_per_kwh, guide.export_eur_per_kwh)
    power_w = battery_w(moment, guide.act, guide.value_eur_per_kwh, guide)
    return None if power_w == -rest_w else Wish(rule=RULES.get(guide.act.intent, HOLD), target_w=power_w)

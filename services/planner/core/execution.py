"""A plan against reality: what a battery should do now, given what stored energy is worth.

The plan's powers belong to the sun and the house that were forecast. What is left of it when others come is the value
of stored energy: the battery gives where buying now costs more, and holds where it costs less. It charges from the
grid, or gives into it, only where the plan says so. With one price all day this is plain self-consumption. A load that
may pause runs where now is as cheap as what the plan leaves for later.
"""

from math import inf
from typing import Final, NamedTuple

from services.planner.core.plan import Act, Intent, Plan
from services.planner.core.problem import Problem, Store
from services.planner.core.worth import together

MARGIN_EUR_PER_KWH: Final = 0.001
"""Closer than this, two prices are one, and self-consumption decides."""


class Moment(NamedTuple):
    """What is known now."""

    rest_w: float
    """What the house draws without batteries, minus the sun; + would be imported."""
    import_eur_per_kwh: float
    export_eur_per_kwh: float


def battery_w(moment: Moment, act: Act, value_eur_per_kwh: float, store: Store) -> float:
    """What the battery should do, + charge; its limits and what it holds are up to whoever carries it out."""
    if act.intent is Intent.CHARGE:
        return max(act.power_w, -moment.rest_w)
    if act.intent is Intent.DISCHARGE:
        return min(act.power_w, -moment.rest_w)
    if moment.rest_w > 0:
        saved = moment.import_eur_per_kwh * store.discharge_efficiency
        return -moment.rest_w if saved >= value_eur_per_kwh - MARGIN_EUR_PER_KWH else 0.0
    forgone = moment.export_eur_per_kwh / store.charge_efficiency
    return -moment.rest_w if forgone <= value_eur_per_kwh + MARGIN_EUR_PER_KWH else 0.0


def runs_now(moment: Moment, plan: Plan, problem: Problem, place: int, value_eur_per_kwh: float) -> bool:
    """Whether a job of the problem that may pause should run now.

    It should if no slot that the plan leaves it for later is as cheap as now really is. Sun that is there is taken
    though there may be as much later; of two equally dear hours the later one, because until then there may be sun.
    """
    job = problem.jobs[place]
    left = [plan.price_eur_per_kwh[slot] for slot in range(1, job.before_slot) if slot not in plan.runs[place]]
    store = together(problem.stores) if problem.stores else None
    price = _drawn_eur_per_kwh(moment, job.power_w, value_eur_per_kwh, store)
    is_sunny = moment.rest_w + job.power_w <= 0
    return price <= min(left, default=inf) + (MARGIN_EUR_PER_KWH if is_sunny else -MARGIN_EUR_PER_KWH)


def _drawn_eur_per_kwh(moment: Moment, power_w: float, value_eur_per_kwh: float, store: Store | None) -> float:
    """What a kWh costs that a load would draw now: sun that could be sold or stored, then battery or grid."""
    sun_w = min(power_w, max(0.0, -moment.rest_w))
    sun, rest = moment.export_eur_per_kwh, moment.import_eur_per_kwh
    if store is not None and store.stored_wh < store.high_wh:
        sun = max(sun, value_eur_per_kwh * store.charge_efficiency)
    if store is not None and store.stored_wh > store.low_wh:
        rest = min(rest, value_eur_per_kwh / store.discharge_efficiency)
    return (sun_w * sun + (power_w - sun_w) * rest) / power_w

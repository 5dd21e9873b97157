"""Whether a job of a plan runs now, against what really came."""

from math import inf

from common.execution import Moment, Stored, is_time
from services.planner.core.plan import Plan
from services.planner.core.problem import Problem
from services.planner.core.worth import together


def runs_now(moment: Moment, plan: Plan, problem: Problem, place: int, value_eur_per_kwh: float) -> bool:
    """Whether a job of the problem that may pause should run now, given what stored energy is worth."""
    left = later_eur_per_kwh(plan, problem, place)
    stored = _stored(problem) if problem.stores else None
    return is_time(moment, problem.jobs[place].power_w, inf if left is None else left, value_eur_per_kwh, stored)


def later_eur_per_kwh(plan: Plan, problem: Problem, place: int) -> float | None:
    """The cheapest that the plan leaves a job for later; None if it needs all the time that is left."""
    slots = range(1, problem.jobs[place].before_slot)
    return min((plan.price_eur_per_kwh[slot] for slot in slots if slot not in plan.runs[place]), default=None)


def _stored(problem: Problem) -> Stored:
    store = together(problem.stores)
    return Stored(
        store.charge_efficiency,
        store.discharge_efficiency,
        takes=store.stored_wh < store.high_wh,
        gives=store.stored_wh > store.low_wh,
    )

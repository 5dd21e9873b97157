"""What the batteries should do in the running slot, when the rest of the day is known in quantiles only.

The plan decides when loads run, and what a day looks like that goes as expected. This looks at the batteries once
more, with every slot to come as uncertain as it is: how much to take from the grid now, and what is worth keeping.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from common.execution import MARGIN_EUR_PER_KWH, Act, Intent
from services.planner.core.plan import Plan
from services.planner.core.problem import Limits, Problem, Store, end_value_eur_per_kwh
from services.planner.core.worth import Outlook, Worth, together, worth

LEAST_WH: Final = 20.0
"""Less is not worth an order."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """For the running slot."""

    acts: Mapping[str, Act]
    """Per battery."""
    value_eur_per_kwh: float
    """What stored energy is worth, half way to where the plan wants it."""


def guidance(problem: Problem, plan: Plan, ways_w: Sequence[Sequence[float]]) -> Guidance:
    """`ways_w`: per slot, by how much it may turn out otherwise than expected, each way as likely; + more import."""
    if not problem.stores:
        return Guidance({}, 0.0)
    store = together(problem.stores)
    found = worth(store, _outlook(problem, plan, ways_w), _end(problem))
    planned_wh = sum(course[0] for course in plan.stored_wh.values())
    value = found.at((store.stored_wh + planned_wh) / 2)
    return Guidance(_acts(problem, store, found, plan), value)


def _outlook(problem: Problem, plan: Plan, ways_w: Sequence[Sequence[float]]) -> list[Outlook]:
    paid, received = problem.expected_import_eur_per_kwh(), problem.expected_export_eur_per_kwh()
    batteries = {store.device for store in problem.stores}
    loads = [course for device, course in plan.acts.items() if device not in batteries]
    base_w = problem.expected_base_w()
    return [
        Outlook(
            problem.hours[slot],
            paid[slot],
            received[slot],
            [base_w[slot] + sum(course[slot].power_w for course in loads) + way_w for way_w in ways_w[slot]],
        )
        for slot in range(1, len(problem.hours))
    ]


def _end(problem: Problem) -> float:
    prices = problem.expected_import_eur_per_kwh()
    capacity_wh = sum(store.capacity_wh for store in problem.stores)
    return sum(end_value_eur_per_kwh(store, prices) * store.capacity_wh for store in problem.stores) / capacity_wh


def _acts(problem: Problem, store: Store, found: Worth, plan: Plan) -> dict[str, Act]:
    """Buy up to the content that is worth it, sell down to the one that is; else as planned, without the grid."""
    paid, received = problem.expected_import_eur_per_kwh()[0], problem.expected_export_eur_per_kwh()[0]
    hours, planned_w = problem.hours[0], sum(plan.acts[each.device][0].power_w for each in problem.stores)
    others_w = plan.grid_w[0] - planned_w
    buy_to_wh = found.filled_to(paid / store.charge_efficiency + MARGIN_EUR_PER_KWH)
    sell_to_wh = found.filled_to(received * store.discharge_efficiency - MARGIN_EUR_PER_KWH)
    if buy_to_wh > store.stored_wh + LEAST_WH:
        wanted_w = (buy_to_wh - store.stored_wh) / store.charge_efficiency / hours
        wanted_w = min(wanted_w, _bought_w(problem.limits, others_w, planned_w))
        share = min(1.0, wanted_w / store.max_charge_w)
        return {each.device: Act(Intent.CHARGE, share * each.max_charge_w) for each in problem.stores}
    if sell_to_wh < store.stored_wh - LEAST_WH:
        wanted_w = (store.stored_wh - sell_to_wh) * store.discharge_efficiency / hours
        share = min(1.0, min(wanted_w, max(0.0, problem.limits.max_export_w + others_w)) / store.max_discharge_w)
        return {each.device: Act(Intent.DISCHARGE, -share * each.max_discharge_w) for each in problem.stores}
    return {each.device: _unforced(plan.acts[each.device][0]) for each in problem.stores}


def _bought_w(limits: Limits, others_w: float, planned_w: float) -> float:
    """What all batteries may take: within the connection, and above the month's peak only as far as it is planned."""
    within_w = max(0.0, limits.max_import_w - others_w)
    if limits.peak_eur_per_kw <= 0:
        return within_w
    return min(within_w, max(0.0, planned_w, limits.peak_so_far_w - others_w))


def _unforced(act: Act) -> Act:
    return Act(Intent.BALANCE, 0.0) if act.intent in (Intent.CHARGE, Intent.DISCHARGE) else act

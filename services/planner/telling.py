"""A plan in the contract's words: one message for the house, one for each device. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal

from common.contract import PlanSlot, PlanState
from common.execution import Intent
from services.planner.answer import Answer
from services.planner.core.execution import later_eur_per_kwh
from services.planner.core.words import sentence
from services.planner.heard import MAIN

VALID_MS: Final = 20 * 60_000
"""A plan that nobody renews is none after so long."""
MOST_EUR_PER_KWH: Final = 1000.0
Word = Literal["balance", "hold", "charge", "discharge", "run", "wait"]
WORDS: Final[Mapping[Intent, Word]] = {
    Intent.BALANCE: "balance",
    Intent.HOLD: "hold",
    Intent.CHARGE: "charge",
    Intent.DISCHARGE: "discharge",
    Intent.RUN: "run",
    Intent.WAIT: "wait",
}


def tell(answer: Answer, issued_ms: int, zone: tzinfo) -> dict[str, PlanState]:
    """By device; the house, `main`, comes last."""
    devices = {device: _device(answer, device, issued_ms, zone) for device in answer.plan.acts}
    return devices | {MAIN: _house(answer, issued_ms)}


def _house(answer: Answer, issued_ms: int) -> PlanState:
    plan, problem, starts_ms = answer.plan, answer.question.problem, answer.question.outlook.starts_ms
    values = [answer.value_eur_per_kwh, *plan.value_eur_per_kwh[1:]] if problem.stores else [None] * len(plan.grid_w)
    slots = (
        PlanSlot(
            start_ms=starts_ms[slot],
            end_ms=starts_ms[slot + 1],
            power_w=round(plan.grid_w[slot], 1),
            cost_eur=round(plan.cost_eur[slot], 4),
            price_eur_per_kwh=_price(plan.price_eur_per_kwh[slot]),
            value_eur_per_kwh=_price(values[slot]),
        )
        for slot in range(len(plan.grid_w))
    )
    import_wh, export_wh = (
        round(sum(power_w * hours for power_w, hours in zip(course_w, problem.hours, strict=True)))
        for course_w in (plan.import_w, plan.export_w)
    )
    cost_eur = round(sum(plan.cost_eur), 4)
    traded = f"{import_wh / 1000:.1f} kWh are bought and {export_wh / 1000:.1f} kWh fed in"
    return PlanState(
        issued_ms=issued_ms,
        valid_until_ms=issued_ms + VALID_MS,
        sentence=f"In the next {sum(problem.hours):.0f} h {traded}: {cost_eur:.2f} EUR.",
        slots=tuple(slots),
        peak_w=_peak_w(answer),
        expected_export_eur_per_kwh=problem.expected_export_eur_per_kwh()[0],
        expected_cost_eur=cost_eur,
        expected_import_wh=import_wh,
        expected_export_wh=export_wh,
    )


def _peak_w(answer: Answer) -> float | None:
    """The highest quarter hour that is planned, or was in this month already."""
    limits = answer.question.problem.limits
    return round(max(limits.peak_so_far_w, *answer.plan.import_w), 1) if limits.peak_eur_per_kw > 0 else None


def _device(answer: Answer, device: str, issued_ms: int, zone: tzinfo) -> PlanState:
    plan, problem, starts_ms = answer.plan, answer.question.problem, answer.question.outlook.starts_ms

    def clock(slot: int) -> str:
        return f"{datetime.fromtimestamp(starts_ms[slot] / 1000, UTC).astimezone(zone):%H:%M}"

    slots = (
        PlanSlot(
            start_ms=starts_ms[each.first_slot],
            end_ms=starts_ms[each.before_slot],
            intent=WORDS[each.intent],
            power_w=round(each.power_w, 1),
        )
        for each in plan.stretches(device)
    )
    return PlanState(
        issued_ms=issued_ms,
        valid_until_ms=issued_ms + VALID_MS,
        sentence=sentence(problem, plan, device, clock),
        slots=tuple(slots),
        later_eur_per_kwh=_later(answer, device),
    )


def _later(answer: Answer, device: str) -> float | None:
    """Of a load in its running day; what it does in its next one is not the question yet."""
    occasions = list(answer.question.occasions)
    if (device, 0) not in occasions:
        return None
    return _price(later_eur_per_kwh(answer.plan, answer.question.problem, occasions.index((device, 0))))


def _price(eur_per_kwh: float | None) -> float | None:
    if eur_per_kwh is None:
        return None
    return round(min(MOST_EUR_PER_KWH, max(-MOST_EUR_PER_KWH, eur_per_kwh)), 5)

"""One sentence per device, for the person who asks what will happen and why."""

from collections.abc import Callable, Sequence
from typing import Final

from common.execution import Intent
from services.planner.core.plan import Plan, Stretch
from services.planner.core.problem import Problem

MOSTLY: Final = 0.5
"""Share of its energy from which on something is said to run on it."""
Clock = Callable[[int], str]
"""The time on the clock on the wall at which a slot begins, for instance "12:15"."""


def sentence(problem: Problem, plan: Plan, device: str, clock: Clock) -> str:
    """What a device will do next, and why."""
    told = _battery if any(store.device == device for store in problem.stores) else _load
    return told(problem, plan, device, clock)


def _load(problem: Problem, plan: Plan, device: str, clock: Clock) -> str:
    short_wh = plan.short_wh.get(device, 0.0)
    missing = f"; {_kwh(short_wh)} will be missing, there is no time left for it" if short_wh else ""
    run = next((each for each in plan.stretches(device) if each.intent is Intent.RUN), None)
    if run is None:
        return f"{device} waits: nothing it needs, or nothing worth it, in the time ahead{missing}"
    when = "now" if run.first_slot == 0 else f"from {clock(run.first_slot)}"
    return f"{device} {when}: {_why_run(problem, plan, run)}{missing}"


def _why_run(problem: Problem, plan: Plan, run: Stretch) -> str:
    energy_wh = _energy_wh(problem, run)
    base_w, hours = problem.expected_base_w(), problem.hours
    slots = range(run.first_slot, run.before_slot)
    sun_wh = sum(hours[slot] * min(run.power_w, max(0.0, -base_w[slot])) for slot in slots)
    if sun_wh >= MOSTLY * energy_wh:
        return f"{_kwh(sun_wh)} of surplus expected"
    bought_wh = sum(hours[slot] * min(run.power_w, plan.import_w[slot]) for slot in slots)
    if bought_wh < MOSTLY * energy_wh:
        return f"{_kwh(energy_wh)}, most of it from the battery"
    return f"{_kwh(energy_wh)} at {_price(problem.expected_import_eur_per_kwh(), slots)}"


def _battery(problem: Problem, plan: Plan, device: str, clock: Clock) -> str:
    stretch = next((each for each in plan.stretches(device) if each.intent is not Intent.BALANCE), None)
    if stretch is None:
        return f"{device} keeps the grid at zero"
    slots = range(stretch.first_slot, stretch.before_slot)
    when = "now" if stretch.first_slot == 0 else f"from {clock(stretch.first_slot)}"
    paid, received = problem.expected_import_eur_per_kwh(), problem.expected_export_eur_per_kwh()
    if stretch.intent is Intent.CHARGE:
        return f"{device} {when}: charges {_kwh(_energy_wh(problem, stretch))} at {_price(paid, slots)}"
    if stretch.intent is Intent.DISCHARGE:
        return f"{device} {when}: sells {_kwh(_energy_wh(problem, stretch))} at {_price(received, slots)}"
    if plan.grid_w[stretch.first_slot] < 0:
        return f"{device} {when}: keeps room for later"
    worth = plan.value_eur_per_kwh[stretch.first_slot]
    return f"{device} {when}: keeps what it has for {_cents(worth)} per kWh; buying costs {_price(paid, slots)}"


def _energy_wh(problem: Problem, stretch: Stretch) -> float:
    return abs(stretch.power_w) * sum(problem.hours[stretch.first_slot : stretch.before_slot])


def _kwh(energy_wh: float) -> str:
    return f"{energy_wh / 1000:.1f} kWh"


def _price(prices: Sequence[float], slots: range) -> str:
    return _cents(sum(prices[slot] for slot in slots) / len(slots))


def _cents(eur: float) -> str:
    return f"{100 * eur:.1f} ct"

"""How long a plan takes: 36 h of quarter hours, two batteries, six loads that can wait. Seeded as when it runs."""

import random
from dataclasses import replace
from math import pi, sin
from statistics import median
from time import process_time
from typing import Final

from common.clock import SystemClock
from services.planner.core.plan import Plan, Runs
from services.planner.core.planning import later, plan
from services.planner.core.problem import Job, Problem, Scenario, Store
from tests.bench.judging import quantile

SLOTS, DAY = 144, 96
HOUSES = 100
REAL: Final = SystemClock()
GARAGE = Store(device="garage", capacity_wh=10_000, stored_wh=3000, max_charge_w=5000, max_discharge_w=5000)
CELLAR = Store(device="cellar", capacity_wh=2700, stored_wh=1000, max_charge_w=800, max_discharge_w=800)


def figures() -> dict[str, object]:
    """Seconds per plan in many houses, on the clock and of a processor, and how far from the optimum it may be."""
    cold: list[tuple[float, float]] = []
    seeded: list[tuple[float, float]] = []
    gaps_pct: list[float] = []
    for seed in range(HOUSES):
        problem = house(seed, 0)
        first = _timed(problem, None, cold)
        moved = _a_slot_later(seed, problem, first)
        second = _timed(moved, later(first.runs, 1), seeded)
        gaps_pct.append(100 * second.gap_eur / max(0.01, abs(sum(second.cost_eur))))
    return {
        "houses": HOUSES,
        "cold": _told(cold),
        "seeded": _told(seeded),
        "gap_pct": {"p50": median(gaps_pct), "p99": quantile(gaps_pct, 0.99)},
        "target": {"seeded_p50_s": 0.1, "seeded_p99_s": 0.5, "gap_pct": 0.5},
    }


def house(seed: int, first: int) -> Problem:
    """A house from slot `first` of its days on."""
    chance = random.Random(seed)
    days = [_slot(chance, slot) for slot in range(SLOTS + 1)][first : first + SLOTS]
    jobs = [
        Job(
            device=f"load_{place}",
            power_w=chance.choice([1000, 1500, 2000, 2300]),
            needed_wh=chance.choice([1000, 2000, 4000]),
            before_slot=chance.choice([60, 96, 120, 144]) - first,
            is_interruptible=place % 3 > 0,
            min_run_slots=1 + place % 3,
            is_needed=place < 5,
        )
        for place in range(6)
    ]
    paid, received, base_w = zip(*days, strict=True)
    scenario = Scenario(import_eur_per_kwh=paid, export_eur_per_kwh=received, base_w=base_w)
    return Problem(hours=[0.25] * SLOTS, scenarios=[scenario], stores=[GARAGE, CELLAR], jobs=jobs)


def _slot(chance: random.Random, slot: int) -> tuple[float, float, float]:
    sun_w = 4000 * max(0.0, sin((slot % DAY - 24) / 48 * pi)) * (0.3 + 0.7 * chance.random())
    paid = 0.15 + 0.10 * sin(slot / DAY * 4 * pi) + 0.05 * chance.random()
    return paid, 0.04 + 0.02 * chance.random(), 400 + 300 * chance.random() - sun_w


def _a_slot_later(seed: int, problem: Problem, found: Plan) -> Problem:
    """The same house a quarter hour on, in which everybody did as planned."""
    moved = house(seed, 1)
    jobs = [
        replace(
            job,
            needed_wh=max(0.0, job.needed_wh - (job.power_w / 4 if 0 in runs else 0.0)),
            is_running=0 in runs,
            must_run_slots=next(slot for slot in range(SLOTS) if slot + 1 not in runs) if 0 in runs else 0,
        )
        for job, runs in zip(moved.jobs, found.runs, strict=True)
    ]
    stores = [replace(store, stored_wh=found.stored_wh[store.device][0]) for store in problem.stores]
    return replace(moved, jobs=jobs, stores=stores)


def _timed(problem: Problem, before: Runs | None, took: list[tuple[float, float]]) -> Plan:
    began_s, began_cpu_s = REAL.monotonic(), process_time()
    done = plan(problem, before)
    took.append((REAL.monotonic() - began_s, process_time() - began_cpu_s))
    return done


def _told(took: list[tuple[float, float]]) -> dict[str, object]:
    kinds = {"clock_s": [wall_s for wall_s, _ in took], "processor_s": [cpu_s for _, cpu_s in took]}
    return {
        kind: {"p50": round(median(values), 3), "p99": round(quantile(values, 0.99) or 0.0, 3)}
        for kind, values in kinds.items()
    }

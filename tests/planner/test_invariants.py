"""What holds for every plan of every house."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.execution import Intent
from services.planner.core.plan import Plan
from services.planner.core.planning import plan
from services.planner.core.problem import Problem, end_value_eur_per_kwh
from services.planner.core.rule import self_consumption
from tests.planner.houses import BATTERY, LONG_S, SLOTS, problems

ROUNDING_W = 0.5


@settings(max_examples=25)
@given(problems())
def test_every_plan_keeps_to_physics_limits_and_needs(problem: Problem) -> None:
    found = plan(problem, time_limit_s=LONG_S)
    energy_is_conserved(problem, found)
    limits_of_batteries_are_kept(problem, found)
    needs_are_met_or_what_is_missing_is_told(problem, found)
    runs_are_neither_torn_nor_too_short(problem, found)
    the_grid_feeds_a_battery_only_where_the_house_imports(problem, found)
    assert plan(problem, time_limit_s=LONG_S) == found, "the same question has the same answer"


@settings(max_examples=15)
@given(problems())
def test_where_there_is_no_time_to_search_there_is_a_plan_all_the_same(problem: Problem) -> None:
    found = plan(problem, time_limit_s=0.0)
    energy_is_conserved(problem, found)
    limits_of_batteries_are_kept(problem, found)
    needs_are_met_or_what_is_missing_is_told(problem, found)


@settings(max_examples=10)
@given(problems(), st.lists(st.frozensets(st.integers(0, SLOTS)), max_size=2))
def test_a_plan_of_before_that_is_not_possible_does_no_harm(problem: Problem, before: list[frozenset[int]]) -> None:
    found = plan(problem, before, time_limit_s=0.0)
    needs_are_met_or_what_is_missing_is_told(problem, found)
    limits_of_batteries_are_kept(problem, found)


def energy_is_conserved(problem: Problem, found: Plan) -> None:
    """Grid = house + loads + batteries, in every slot; and a battery holds no more than went in, less losses."""
    for slot, base_w in enumerate(problem.expected_base_w()):
        devices_w = sum(each[slot].power_w for each in found.acts.values())
        assert found.grid_w[slot] == pytest.approx(base_w + devices_w, abs=ROUNDING_W)
    for store in problem.stores:
        before_wh = store.stored_wh
        for slot, after_wh in enumerate(found.stored_wh[store.device]):
            power_w = found.acts[store.device][slot].power_w
            best_w = power_w * (store.charge_efficiency if power_w > 0 else 1 / store.discharge_efficiency)
            assert after_wh - before_wh <= best_w * problem.hours[slot] + ROUNDING_W
            before_wh = after_wh


def limits_of_batteries_are_kept(problem: Problem, found: Plan) -> None:
    """Power in and out, reserve and ceiling."""
    for store in problem.stores:
        for act, stored_wh in zip(found.acts[store.device], found.stored_wh[store.device], strict=True):
            assert -store.max_discharge_w - ROUNDING_W <= act.power_w <= store.max_charge_w + ROUNDING_W
            assert store.low_wh - ROUNDING_W <= stored_wh <= store.high_wh + ROUNDING_W


def needs_are_met_or_what_is_missing_is_told(problem: Problem, found: Plan) -> None:
    """Within the window of each job."""
    for job, slots in zip(problem.jobs, found.runs, strict=True):
        assert all(job.from_slot <= slot < job.before_slot for slot in slots)
        given_wh = sum(problem.hours[slot] * job.power_w for slot in slots)
        assert not job.is_needed or given_wh + found.short_wh.get(job.device, 0.0) >= job.needed_wh - 2.0


def runs_are_neither_torn_nor_too_short(problem: Problem, found: Plan) -> None:
    """What may not pause does not, and what may runs for as long as it must."""
    for job, slots in zip(problem.jobs, found.runs, strict=True):
        gaps = sum(later > earlier + 1 for earlier, later in pairwise(sorted(slots)))
        assert job.is_interruptible or gaps == 0
        assert slots >= set(range(min(job.must_run_slots, job.before_slot)))
        for begin in (slot for slot in slots if slot - 1 not in slots):
            run = next(length for length in range(1, 99) if begin + length not in slots)
            least = job.must_run_slots if job.is_running and begin == 0 else job.min_run_slots
            assert not job.is_interruptible or run >= min(least, job.before_slot - job.from_slot)


def the_grid_feeds_a_battery_only_where_the_house_imports(problem: Problem, found: Plan) -> None:
    """And it is told to give into the grid only where the house exports."""
    for store in problem.stores:
        for act, grid_w in zip(found.acts[store.device], found.grid_w, strict=True):
            assert act.intent is not Intent.CHARGE or grid_w > 0
            assert act.intent is not Intent.DISCHARGE or grid_w < 0


@settings(max_examples=15)
@given(problems())
def test_a_plan_is_never_worse_than_self_consumption_by_its_own_reckoning(problem: Problem) -> None:
    """With one battery and one way the day may turn out, what the rule would do is a possible plan."""
    scenario, store = problem.scenarios[0], BATTERY if not problem.stores else problem.stores[0]
    alone = Problem(hours=problem.hours, scenarios=[replace(scenario, probability=1.0)], stores=[store])
    found = plan(alone, time_limit_s=LONG_S)
    end = end_value_eur_per_kwh(store, scenario.import_eur_per_kwh)
    rule_eur, stored_wh = 0.0, store.stored_wh
    for slot, hours in enumerate(problem.hours):
        done = self_consumption(store, stored_wh, scenario.base_w[slot], hours)
        grid_w, stored_wh = scenario.base_w[slot] + done.power_w, done.stored_wh
        price = (scenario.import_eur_per_kwh if grid_w > 0 else scenario.export_eur_per_kwh)[slot]
        rule_eur += grid_w / 1000 * hours * price
    mine = sum(found.cost_eur) - end * found.stored_wh[store.device][-1] / 1000
    assert mine <= rule_eur - end * stored_wh / 1000 + found.gap_eur + 1e-4

"""What a plan says in plain cases. Slots of an hour."""

from dataclasses import replace

import pytest

from common.execution import Intent
from services.planner.core.greedy import greedy
from services.planner.core.plan import Plan
from services.planner.core.planning import later, plan
from services.planner.core.problem import Car, Job, Limits, Problem, Scenario, Store
from services.planner.core.words import sentence
from tests.planner.houses import BATTERY, LONG_S, house

BOILER = Job(device="boiler", power_w=2000, needed_wh=4000, before_slot=6)


def made(problem: Problem) -> Plan:
    """A plan whose search is not cut short."""
    return plan(problem, time_limit_s=LONG_S)


def intents(found: Plan, device: str) -> list[Intent]:
    """What a device should do, slot by slot."""
    return [act.intent for act in found.acts[device]]


def clock(slot: int) -> str:
    """Slot 0 begins at noon."""
    return f"{12 + slot}:00"


def battery(stored_wh: float, charge_w: float = 5000, discharge_w: float = 5000) -> Store:
    """One with something in it, and nothing to gain by keeping it."""
    return replace(
        BATTERY, stored_wh=stored_wh, max_charge_w=charge_w, max_discharge_w=discharge_w, end_eur_per_kwh=0.0
    )


def test_a_battery_fills_up_before_the_dear_hours_and_is_told_to() -> None:
    problem = house([500.0] * 4, [0.10, 0.10, 0.50, 0.50], stores=[battery(0)])
    found = made(problem)
    assert Intent.CHARGE in intents(found, "garage")[:2]
    assert intents(found, "garage")[2:] == [Intent.BALANCE, Intent.BALANCE]
    assert found.stored_wh["garage"][1] == pytest.approx(1000 / 0.95, rel=0.01), "what the dear hours take, and losses"
    assert sentence(problem, found, "garage", clock).endswith("charges 1.1 kWh at 10.0 ct")


def test_a_battery_holds_what_is_worth_more_later() -> None:
    problem = house([500.0] * 4, [0.20, 0.20, 0.20, 0.21], stores=[battery(400)])
    found = made(problem)
    assert intents(found, "garage") == [Intent.HOLD] * 3 + [Intent.BALANCE]
    assert found.value_eur_per_kwh[0] == pytest.approx(0.21 * 0.95, rel=1e-4)
    assert sentence(problem, found, "garage", clock) == (
        "garage now: keeps what it has for 19.9 ct per kWh; buying costs 20.0 ct"
    )


def test_the_value_is_what_one_more_kwh_saves() -> None:
    """The dual beside the difference of two plans."""
    paid = [0.24, 0.23, 0.235, 0.25]
    less, more = (made(house([800.0] * 4, paid, stores=[battery(stored_wh)])) for stored_wh in (600, 610))
    saved_eur = sum(less.cost_eur) - sum(more.cost_eur)
    assert less.value_eur_per_kwh[0] == pytest.approx(saved_eur / 0.010, rel=1e-3)
    assert less.value_eur_per_kwh[0] == pytest.approx(0.25 * 0.95, rel=1e-4)


def test_a_load_runs_in_the_sun_and_says_so() -> None:
    problem = house([400.0, 400.0, -1800.0, -2300.0, 400.0, 400.0], jobs=[BOILER])
    found = made(problem)
    assert found.runs[0] == {2, 3}
    assert sentence(problem, found, "boiler", clock) == "boiler from 14:00: 3.8 kWh of surplus expected"


def test_a_load_without_sun_says_what_it_pays() -> None:
    problem = house([400.0] * 6, [0.3, 0.3, 0.2, 0.1, 0.1, 0.3], jobs=[BOILER])
    assert sentence(problem, made(problem), "boiler", clock) == "boiler from 15:00: 4.0 kWh at 10.0 ct"


def test_a_load_that_has_all_it_wants_waits() -> None:
    idle = Job(device="boiler", power_w=2000, needed_wh=0, before_slot=2)
    problem = house([400.0] * 2, jobs=[idle])
    found = made(problem)
    assert intents(found, "boiler") == [Intent.WAIT, Intent.WAIT]
    assert sentence(problem, found, "boiler", clock).startswith("boiler waits")


def test_a_run_that_may_not_pause_takes_the_best_whole_stretch() -> None:
    washing = Job(device="washing", power_w=1000, needed_wh=3000, before_slot=6, is_interruptible=False)
    found = made(house([100.0] * 6, [0.1, 0.9, 0.1, 0.2, 0.2, 0.9], jobs=[washing]))
    assert found.runs[0] == {2, 3, 4}


def test_what_is_running_and_may_not_pause_goes_on() -> None:
    washing = Job(
        device="washing", power_w=1000, needed_wh=2000, before_slot=6, is_interruptible=False, is_running=True,
        must_run_slots=2,
    )  # fmt: skip
    assert made(house([100.0] * 6, [0.9, 0.9, 0.1, 0.1, 0.1, 0.1], jobs=[washing])).runs[0] == {0, 1}


def test_a_need_for_which_there_is_no_time_is_met_as_far_as_it_goes_and_told() -> None:
    late = Job(device="boiler", power_w=2000, needed_wh=5000, before_slot=1)
    problem = house([0.0] * 3, jobs=[late])
    found = made(problem)
    assert found.runs[0] == {0}
    assert found.short_wh == {"boiler": pytest.approx(3000)}
    assert sentence(problem, found, "boiler", clock).endswith("; 3.0 kWh will be missing, there is no time left for it")


def test_what_is_optional_runs_on_what_would_be_fed_in_and_never_on_import() -> None:
    pump = Job(device="pump", power_w=1000, needed_wh=9000, before_slot=4, is_needed=False)
    assert made(house([500.0, -1500.0, -1000.0, -400.0], jobs=[pump])).runs[0] == {1, 2}


def test_an_optional_run_that_may_not_pause_ends_with_its_last_slot() -> None:
    """1.9 kWh at 1 kW are two hours."""
    pump = Job(device="pump", power_w=1000, needed_wh=1900, before_slot=3, is_needed=False, is_interruptible=False)
    assert made(house([500.0, -1500.0, -1500.0], jobs=[pump])).runs[0] == {1, 2}


def test_two_days_of_one_load_are_two_jobs_of_one_device() -> None:
    today, tomorrow = (
        Job(device="boiler", power_w=2000, needed_wh=2000, from_slot=first, before_slot=first + 2) for first in (0, 2)
    )
    found = made(house([0.0] * 4, [0.1, 0.2, 0.2, 0.1], jobs=[today, tomorrow]))
    assert intents(found, "boiler") == [Intent.RUN, Intent.WAIT, Intent.WAIT, Intent.RUN]


def test_the_connection_is_kept_and_two_loads_take_turns() -> None:
    pump = Job(device="pump", power_w=2000, needed_wh=2000, before_slot=3)
    boiler = Job(device="boiler", power_w=2000, needed_wh=2000, before_slot=3)
    found = made(house([500.0] * 3, [0.1, 0.2, 0.3], jobs=[boiler, pump], limits=Limits(max_import_w=3000)))
    assert max(found.grid_w) == pytest.approx(2500)
    assert found.short_wh == {}


def test_a_house_that_exceeds_its_connection_by_itself_still_has_a_plan() -> None:
    limits = Limits(max_import_w=3000, max_export_w=1000)
    found = made(house([5000.0, -5000.0], stores=[battery(6000, discharge_w=2000)], limits=limits))
    assert list(found.grid_w) == [pytest.approx(3000), pytest.approx(-1000)]
    alone = made(house([5000.0, -5000.0], limits=limits))
    assert list(alone.grid_w) == [pytest.approx(5000), pytest.approx(-5000)]


def test_the_months_dearest_quarter_is_cut_down_to_what_it_was_and_no_further() -> None:
    limits = Limits(peak_eur_per_kw=50.0, peak_so_far_w=2000)
    found = made(house([500.0, 4000.0, 500.0], [0.9, 0.2, 0.9], stores=[battery(2500 / 0.95)], limits=limits))
    assert max(found.grid_w) == pytest.approx(2000)


def test_a_car_is_ready_by_its_hour_and_never_between_off_and_its_least_power() -> None:
    car = Car(device="car", min_w=1400, max_w=7400, needed_wh=9000, before_slot=3)
    found = made(house([0.0, -1000.0, 0.0, 0.0], [0.3, 0.2, 0.1, 0.1], cars=[car]))
    powers_w = [act.power_w for act in found.acts["car"]]
    assert sum(powers_w) == pytest.approx(9000)
    assert powers_w[3] == 0, "it is gone"
    assert all(power_w == pytest.approx(0) or power_w > 1399 for power_w in powers_w)


def test_a_car_that_leaves_too_early_is_told() -> None:
    car = Car(device="car", min_w=0, max_w=3000, needed_wh=9000, before_slot=2)
    assert made(house([0.0] * 3, cars=[car])).short_wh == {"car": pytest.approx(3000)}


def colours(red: float) -> Problem:
    """Tonight is cheap, tomorrow may be red: what is stored must be stored before anybody knows."""
    cheap = Scenario(
        import_eur_per_kwh=[0.15, 0.16], export_eur_per_kwh=[0.0, 0.0], base_w=[0.0, 3000.0], probability=1 - red
    )
    dear = Scenario(
        import_eur_per_kwh=[0.15, 0.70], export_eur_per_kwh=[0.0, 0.0], base_w=[0.0, 3000.0], probability=red
    )
    return Problem(hours=[1.0, 1.0], scenarios=[cheap, dear], stores=[battery(0, charge_w=1000)], common_slots=1)


@pytest.mark.parametrize(("red", "stored_wh"), [(0.0, 0), (0.1, 950)])
def test_an_unknown_colour_counts_by_its_probability(red: float, stored_wh: float) -> None:
    """Bought for 15 ct and stored, a kWh is not worth it on a blue day, and is with one red day in ten."""
    found = made(colours(red))
    assert found.stored_wh["garage"][0] == pytest.approx(stored_wh)
    assert found.value_eur_per_kwh[0] == pytest.approx(((1 - red) * 0.16 + red * 0.70) * 0.95, rel=1e-4)


def test_paid_to_take_electricity_a_battery_still_does_one_thing_at_a_time() -> None:
    found = made(house([0.0, 0.0], [-0.10, 0.30], [-0.10, 0.04], stores=[battery(0)]))
    assert found.stored_wh["garage"][0] == pytest.approx(5000 * 0.95), "all it can take, and nothing burnt"


def test_below_its_reserve_a_battery_is_only_charged() -> None:
    low = Store(
        device="garage", capacity_wh=10_000, stored_wh=500, reserve_wh=2000, max_charge_w=5000, max_discharge_w=5000
    )
    found = made(house([1000.0, -1000.0], stores=[low]))
    assert list(found.stored_wh["garage"]) == [pytest.approx(500), pytest.approx(1450)]


def test_the_next_search_begins_where_this_one_ended() -> None:
    runs = [frozenset({0, 1, 5}), frozenset({3})]
    assert later(runs, 1) == [frozenset({0, 4}), frozenset({2})]
    problem = house([400.0, 400.0, -1800.0, -2300.0, 400.0, 400.0], jobs=[BOILER], stores=[BATTERY])
    assert plan(problem, [frozenset({0, 1})], LONG_S).cost_eur == pytest.approx(made(problem).cost_eur)


def test_without_any_time_the_greedy_plan_is_finished_and_its_distance_told() -> None:
    problem = house([400.0, 400.0, -1800.0, -2300.0, 400.0, 400.0], jobs=[BOILER], stores=[BATTERY])
    found = plan(problem, time_limit_s=0.0)
    assert list(found.runs) == list(greedy(problem)) == [frozenset({2, 3})]
    assert found.gap_eur > 0


def test_a_problem_that_does_not_fit_together_is_refused() -> None:
    scenario = Scenario(import_eur_per_kwh=[0.2], export_eur_per_kwh=[0.0], base_w=[0.0])
    with pytest.raises(ValueError, match="each of the 2 slots"):
        Problem(hours=[1.0, 1.0], scenarios=[scenario])
    with pytest.raises(ValueError, match="at least one slot"):
        Problem(hours=[], scenarios=[scenario])


def test_a_running_slot_that_is_nearly_over_makes_no_plan_impossible() -> None:
    """Two slots are needed if the short one is among them, and then two long ones are too much by one."""
    pump = Job(device="pump", power_w=200, needed_wh=21, before_slot=3, is_interruptible=False)
    scenario = Scenario(import_eur_per_kwh=[0.2, 0.2, 0.01], export_eur_per_kwh=[0.0] * 3, base_w=[0.0] * 3)
    found = plan(Problem(hours=[0.1, 0.25, 0.25], scenarios=[scenario], jobs=[pump]), time_limit_s=0.0)
    assert list(found.runs) == [frozenset({1, 2})]

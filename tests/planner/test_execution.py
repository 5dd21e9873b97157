"""A plan against reality."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from common.execution import Act, Intent, Moment, battery_w
from services.planner.core.execution import runs_now
from services.planner.core.planning import plan
from services.planner.core.problem import Job, Store
from services.planner.core.rule import self_consumption
from services.planner.core.tank import carry
from tests.planner.houses import BATTERY, LONG_S, house

BALANCE = Act(Intent.BALANCE, 0.0)
any_w = st.integers(-8000, 8000).map(float)


@given(st.lists(any_w, min_size=2, max_size=8), any_w, st.integers(0, 10_000))
def test_with_one_price_all_day_it_is_self_consumption(expected_w: list[float], rest_w: float, stored_wh: int) -> None:
    """Whatever was expected and whatever comes."""
    store = Store(device="garage", capacity_wh=10_000, stored_wh=stored_wh, max_charge_w=5000, max_discharge_w=5000)
    found = plan(house(expected_w, 0.25, 0.04, stores=[store]), time_limit_s=LONG_S)
    wish_w = battery_w(Moment(rest_w, 0.25, 0.04), found.acts["garage"][0], found.value_eur_per_kwh[0], store)
    assert carry(store, stored_wh, wish_w, 0.5) == self_consumption(store, stored_wh, rest_w, 0.5)


def test_it_gives_where_buying_costs_more_than_the_value_and_holds_where_it_costs_less() -> None:
    assert battery_w(Moment(1500.0, 0.30, 0.04), BALANCE, 0.20, BATTERY) == -1500.0
    assert battery_w(Moment(1500.0, 0.20, 0.04), BALANCE, 0.25, BATTERY) == 0.0


def test_what_has_to_be_lost_on_the_way_out_counts() -> None:
    """20 ct saved are only 19 ct for a kWh out of store."""
    assert battery_w(Moment(1500.0, 0.20, 0.04), BALANCE, 0.195, BATTERY) == 0.0


def test_surplus_is_stored_unless_feeding_it_in_brings_more() -> None:
    assert battery_w(Moment(-1500.0, 0.30, 0.04), BALANCE, 0.20, BATTERY) == 1500.0
    assert battery_w(Moment(-1500.0, 0.30, 0.25), BALANCE, 0.20, BATTERY) == 0.0


def test_the_grid_charges_it_only_where_the_plan_says_so() -> None:
    cheap = Moment(300.0, 0.01, 0.0)
    assert battery_w(cheap, Act(Intent.HOLD, 0.0), 0.30, BATTERY) == 0.0
    assert battery_w(cheap, Act(Intent.CHARGE, 2000.0), 0.30, BATTERY) == 2000.0
    assert battery_w(Moment(-3000.0, 0.01, 0.0), Act(Intent.CHARGE, 2000.0), 0.30, BATTERY) == 3000.0


def test_it_gives_into_the_grid_only_where_the_plan_says_so() -> None:
    dear = Moment(300.0, 0.90, 0.80)
    assert battery_w(dear, BALANCE, 0.20, BATTERY) == -300.0
    assert battery_w(dear, Act(Intent.DISCHARGE, -4000.0), 0.20, BATTERY) == -4000.0
    assert battery_w(Moment(4500.0, 0.90, 0.80), Act(Intent.DISCHARGE, -4000.0), 0.20, BATTERY) == -4500.0


def boiler_now(moment: Moment, expected_w: list[float], paid: list[float] | float = 0.25) -> bool:
    """Whether a boiler of 2 kW that wants 2 kWh of four hours runs now."""
    job = Job(device="boiler", power_w=2000, needed_wh=2000, before_slot=4)
    problem = house(expected_w, paid, jobs=[job])
    return runs_now(moment, plan(problem, time_limit_s=LONG_S), problem, 0, 0.0)


def test_a_load_takes_the_sun_that_is_there_though_there_may_be_as_much_later() -> None:
    assert boiler_now(Moment(-2500.0, 0.25, 0.04), [-2500.0] * 4)
    assert boiler_now(Moment(-2500.0, 0.25, 0.04), [400.0, -2500.0, 400.0, 400.0])


def test_a_load_waits_when_the_sun_of_the_plan_does_not_come() -> None:
    assert not boiler_now(Moment(300.0, 0.25, 0.04), [-2500.0, -2500.0, 400.0, 400.0])


def test_of_two_equally_dear_hours_the_later_one_is_taken() -> None:
    assert not boiler_now(Moment(300.0, 0.25, 0.04), [300.0] * 4)


def test_a_load_runs_in_the_cheap_hour() -> None:
    assert boiler_now(Moment(300.0, 0.10, 0.04), [300.0] * 4, [0.10, 0.25, 0.25, 0.25])


def test_stored_energy_and_room_for_it_count_at_their_value() -> None:
    """Sun that would be stored for the evening is not for the boiler; what is stored may be cheaper than the grid."""
    job = Job(device="boiler", power_w=2000, needed_wh=2000, before_slot=2)
    half = replace(BATTERY, stored_wh=5000)
    problem = house([0.0, 0.0], [0.25, 0.20], jobs=[job], stores=[half])
    found = replace(plan(problem, time_limit_s=LONG_S), price_eur_per_kwh=[0.25, 0.20], runs=[frozenset({0})])
    assert runs_now(Moment(-3000.0, 0.25, 0.04), found, problem, 0, 0.10)
    assert not runs_now(Moment(-3000.0, 0.25, 0.04), found, problem, 0, 0.30)
    assert runs_now(Moment(300.0, 0.25, 0.04), found, problem, 0, 0.10)


def test_a_load_without_any_other_time_left_runs() -> None:
    job = Job(device="boiler", power_w=2000, needed_wh=4000, before_slot=2)
    problem = house([0.0, 0.0], jobs=[job])
    assert runs_now(Moment(300.0, 0.25, 0.04), plan(problem, time_limit_s=LONG_S), problem, 0, 0.0)

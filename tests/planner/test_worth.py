"""What stored energy is worth when the day is known in quantiles only."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.execution import Intent
from services.planner.core.guidance import guidance
from services.planner.core.planning import plan
from services.planner.core.problem import Job, Limits, Problem, Store
from services.planner.core.worth import CELLS, Outlook, together, worth
from tests.planner.houses import BATTERY, LONG_S, house, powers

STORE = replace(BATTERY, capacity_wh=4000, max_charge_w=3000, max_discharge_w=3000, end_eur_per_kwh=0.0)
SURE = ((0.0,),) * 8


def dual(stored_wh: float, course: Sequence[tuple[float, float]]) -> float:
    """What one more kWh saves, by two plans."""
    paid, base_w = [price for price, _ in course], [power_w for _, power_w in course]
    found = []
    for each_wh in (stored_wh, stored_wh + 10):
        made = plan(house(base_w, paid, 0.04, stores=[replace(STORE, stored_wh=each_wh)]), time_limit_s=LONG_S)
        found.append(sum(made.cost_eur))
    return (found[0] - found[1]) / 0.010


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(5, 60).map(lambda cents: cents / 100), powers), min_size=1, max_size=8),
    st.integers(0, CELLS - 2),
)
def test_where_everything_is_known_it_is_the_dual_of_the_plan(course: list[tuple[float, float]], cell: int) -> None:
    """On either side of where the day has a kink."""
    found = worth(STORE, [Outlook(1.0, price, 0.04, (power_w,)) for price, power_w in course], 0.0)
    values = [found.eur_per_kwh[max(0, min(CELLS - 1, each))] for each in (cell - 1, cell, cell + 1)]
    assert min(values) - 1e-3 <= dual(found.cell_wh * (cell + 0.4), course) <= max(values) + 1e-3


@given(st.lists(st.tuples(powers, powers), min_size=1, max_size=8))
def test_the_more_there_is_the_less_one_more_is_worth(course: list[tuple[float, float]]) -> None:
    values = worth(STORE, [Outlook(1.0, 0.3, 0.05, ways) for ways in course], 0.1).eur_per_kwh
    assert all(less >= more - 1e-9 for less, more in pairwise(values))


def test_a_doubtful_sun_is_worth_less_than_it_promises() -> None:
    """If the sun is certain to fill it, a kWh kept from the morning is worth what feeding in brings; in doubt, more."""
    sure = [Outlook(1.0, 0.3, 0.04, (-5000.0,)), Outlook(1.0, 0.3, 0.04, (3000.0,))]
    doubtful = [Outlook(1.0, 0.3, 0.04, (-10_000.0, 0.0)), *sure[1:]]
    small = replace(STORE, capacity_wh=2000)
    assert worth(small, sure, 0.0).at(1000) == pytest.approx(0.04 / 0.95)
    assert worth(small, doubtful, 0.0).at(1000) == pytest.approx((0.04 / 0.95 + 0.3 * 0.95) / 2)


def test_a_battery_without_room_is_worth_what_the_end_says() -> None:
    stuck = replace(STORE, reserve_wh=4000, stored_wh=4000)
    assert worth(stuck, [Outlook(1.0, 0.3, 0.04, (0.0,))], 0.2).at(4000) == 0.2


def guided(problem: Problem, ways_w: Sequence[Sequence[float]] = SURE) -> tuple[Intent, float, float]:
    """Intent, power and value of the running slot."""
    found = guidance(problem, plan(problem, time_limit_s=LONG_S), ways_w)
    act = found.acts["garage"]
    return act.intent, act.power_w, found.value_eur_per_kwh


def test_it_buys_as_much_as_is_worth_it_and_a_doubtful_evening_more() -> None:
    problem = house([0.0, 1000.0], [0.10, 0.50], stores=[STORE])
    intent, sure_w, _ = guided(problem)
    assert intent is Intent.CHARGE
    assert sure_w == pytest.approx(1000 / 0.95**2, rel=0.04)
    _, doubtful_w, _ = guided(problem, ((0.0,), (-500.0, 500.0)))
    assert doubtful_w == pytest.approx(1500 / 0.95**2, rel=0.04)


def test_it_sells_down_to_what_is_worth_keeping() -> None:
    full = replace(STORE, stored_wh=4000)
    problem = house([0.0, 1000.0], 0.50, [0.45, 0.04], stores=[full])
    intent, power_w, _ = guided(problem)
    assert intent is Intent.DISCHARGE
    assert power_w == pytest.approx(-(4000 - 1000 / 0.95) * 0.95, rel=0.04)


def test_a_load_that_will_run_counts() -> None:
    boiler = Job(device="boiler", power_w=2000, needed_wh=2000, from_slot=1, before_slot=2)
    assert guided(house([0.0, 0.0], [0.10, 0.50], stores=[STORE]))[0] is Intent.BALANCE
    assert guided(house([0.0, 0.0], [0.10, 0.50], stores=[STORE], jobs=[boiler]))[0] is Intent.CHARGE


def test_a_house_without_a_battery_needs_no_guidance() -> None:
    problem = house([100.0])
    found = guidance(problem, plan(problem), SURE)
    assert (found.acts, found.value_eur_per_kwh) == ({}, 0.0)


def test_two_batteries_are_one_and_share_by_their_power() -> None:
    small: Store = replace(STORE, device="cellar", max_charge_w=1000)
    both = together([STORE, small])
    assert (both.capacity_wh, both.max_charge_w) == (8000, 4000)
    assert both.charge_efficiency == pytest.approx(0.95)
    problem = house([0.0, 6000.0], [0.10, 0.50], stores=[STORE, small])
    acts = guidance(problem, plan(problem, time_limit_s=LONG_S), SURE).acts
    assert acts["garage"].power_w == pytest.approx(3 * acts["cellar"].power_w)


def test_neither_the_connection_nor_the_months_peak_is_exceeded_for_it() -> None:
    within = Limits(max_import_w=700)
    assert guided(house([200.0, 1000.0], [0.10, 0.50], stores=[STORE], limits=within))[1] == pytest.approx(500)
    peak = Limits(peak_eur_per_kw=50.0, peak_so_far_w=900)
    assert guided(house([200.0, 900.0], [0.10, 0.50], stores=[STORE], limits=peak))[1] == pytest.approx(700)
    export = Limits(max_export_w=600)
    full = replace(STORE, stored_wh=4000)
    assert guided(house([200.0, 0.0], 0.50, [0.45, 0.04], stores=[full], limits=export))[1] == pytest.approx(-800)

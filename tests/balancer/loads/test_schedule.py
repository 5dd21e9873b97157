"""The three steps for what must run today: invariants, scenarios of four quarter hours, and defects not to repeat."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.need import ROW_H, rows_needed
from services.balancer.loads.schedule import Job, Outlook, Row, Slots, outlook
from services.balancer.loads.schedule import schedule as slotted
from services.balancer.loads.tank import Tank
from tests.bench.speed import schedule_ms


def needed(name: str, power_w: float, rows: int, place: int = 0, before_row: int | None = None) -> Job:
    return Job(id=name, power_w=power_w, rows=rows, is_needed=True, place=place, before_row=before_row)


def optional(name: str, power_w: float, rows: int, place: int = 0, **more: float | bool) -> Job:
    return Job(id=name, power_w=power_w, rows=rows, is_needed=False, place=place, **more)  # type: ignore[arg-type]  # as Job says


def tank(stored_wh: float, power_w: float = 1000.0, capacity_wh: float = 3000.0) -> Tank:
    return Tank(max_charge_w=power_w, max_discharge_w=power_w, capacity_wh=capacity_wh, stored_wh=stored_wh)


def schedule(avail_w: Sequence[Row], jobs: Sequence[Job], store: Tank | None = None) -> dict[str, tuple[int, ...]]:
    """The rows alone."""
    return {name: slots.rows for name, slots in slotted(avail_w, jobs, store).items()}


class Scenario(NamedTuple):
    """Four rows, some loads, and the rows they shall get."""

    kind: str
    avail_w: Sequence[Row]
    jobs: Sequence[Job]
    tank: Tank | None
    plan: dict[str, tuple[int, ...]]


SCENARIOS = (
    Scenario("needed, enough power", [1000] * 4, [needed("a", 1000, 4)], None, {"a": (0, 1, 2, 3)}),
    Scenario("optional, enough power", [1000] * 4, [optional("a", 1000, 4)], None, {"a": (0, 1, 2, 3)}),
    Scenario("needed stops when full", [1000] * 4, [needed("a", 1000, 2)], None, {"a": (0, 1)}),
    Scenario("optional stops when full", [1000] * 4, [optional("a", 1000, 2)], None, {"a": (0, 1)}),
    Scenario("surplus only later", [200, 200, 1000, 1000], [needed("a", 1000, 2)], None, {"a": (2, 3)}),
    Scenario("optional never from the grid", [200, 200, 1000, 999], [optional("a", 1000, 2)], None, {"a": (2,)}),
    Scenario(
        "needed before optional even at a cost",
        [1000, 300, 200, 100],
        [optional("o", 1000, 1), needed("n", 1000, 2, place=1)],
        None,
        {"n": (0, 1), "o": ()},
    ),
    Scenario(
        "two needed spread over the rows",
        [1000] * 4,
        [needed("a", 1000, 2), needed("b", 1000, 2, place=1)],
        None,
        {"a": (0, 1), "b": (2, 3)},
    ),
    Scenario(
        "two optional spread over the rows",
        [1000] * 4,
        [optional("a", 1000, 2), optional("b", 1000, 2, place=1)],
        None,
        {"a": (0, 1), "b": (2, 3)},
    ),
    Scenario(
        "two at once where both fit",
        [2000, 2000, 0, 0],
        [needed("a", 1000, 2), needed("b", 1000, 2, place=1)],
        None,
        {"a": (0, 1), "b": (0, 1)},
    ),
    Scenario(
        "the order is kept even where another would use more",
        [1500, 1500, 500, 500],
        [optional("a", 500, 2), optional("b", 1500, 2, place=1)],
        None,
        {"a": (0, 1), "b": ()},
    ),
    Scenario(
        "the larger first at the same place",
        [1500, 500, 0, 0],
        [optional("small", 500, 1), optional("large", 1500, 1)],
        None,
        {"large": (0,), "small": (1,)},
    ),
    Scenario("not enough for all, best rows", [100, 400, 300, 200], [needed("a", 1000, 2)], None, {"a": (1, 2)}),
    Scenario("not enough even at night", [-300, -200, -100, -400], [needed("a", 1000, 1)], None, {"a": (2,)}),
    Scenario("more needed than rows", [0, 0, 0, 0], [needed("a", 1000, 9)], None, {"a": (0, 1, 2, 3)}),
    Scenario("the battery carries it all", [0] * 4, [needed("a", 1000, 2)], tank(500), {"a": (0, 1)}),
    Scenario("the battery helps the sun", [600, 600, 0, 0], [needed("a", 1000, 2)], tank(200), {"a": (0, 1)}),
    Scenario("the battery first, the load with what it saved", [1000, 1000, 0, 0], [needed("a", 2000, 1)],
             tank(0), {"a": (1,)}),
    Scenario("a battery too weak", [0, 0, 300, 0], [needed("a", 1000, 1)], tank(3000, 500), {"a": (2,)}),
    Scenario("a battery of a row and a half", [0] * 4, [needed("a", 1000, 2)], tank(375), {"a": (0, 1)}),
    Scenario(
        "the battery's reserve before an optional load",
        [1000] * 4,
        [optional("a", 1000, 4, store_first=0.25)],
        tank(250),
        {"a": (2, 3)},
    ),
    Scenario(
        "overcharge takes what would be fed in",
        [1000, 1000, 1000, 200],
        [optional("a", 1000, 1, overcharge=True)],
        None,
        {"a": (0, 1, 2)},
    ),
)  # fmt: skip
"""What the older scheduler was tested for, one line each."""


@pytest.mark.promise("2.10-21")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.kind)
def test_the_scenarios_hold(scenario: Scenario) -> None:
    assert schedule(scenario.avail_w, scenario.jobs, scenario.tank) == scenario.plan


def test_there_are_as_many_scenarios_as_promised() -> None:
    assert len(SCENARIOS) == 22


@pytest.mark.promise("2.10-21")
def test_a_forecast_in_other_steps_gives_rows_of_a_quarter_hour() -> None:
    """The older program's case of another time step: it is a matter of the horizon here."""
    from services.balancer.loads.horizon import horizon  # noqa: PLC0415  # this test alone is about both

    hours = [(3600.0 * hour, 3600.0 * (hour + 1), 1000.0 * hour) for hour in range(3)]
    rows = horizon(0.0, 8, 0.0, hours, [(0.0, 3 * 3600.0, 0.0)])
    assert rows == [0.0] * 4 + [1000.0] * 4


powers = st.floats(100, 4000)
rows = st.lists(st.one_of(st.none(), st.floats(-3000, 6000)), min_size=1, max_size=40)
jobs = st.lists(
    st.builds(
        Job,
        id=st.uuids().map(str),
        power_w=powers,
        rows=st.integers(0, 30),
        is_needed=st.booleans(),
        place=st.integers(0, 3),
        before_row=st.one_of(st.none(), st.integers(0, 50)),
        store_first=st.floats(0, 1),
    ),
    max_size=5,
)
tanks = st.one_of(
    st.none(),
    st.builds(
        Tank,
        max_charge_w=st.floats(0, 3000),
        max_discharge_w=st.floats(0, 3000),
        capacity_wh=st.just(5000.0),
        stored_wh=st.floats(0, 5000),
        efficiency=st.floats(0.5, 1),
    ),
)


@pytest.mark.promise("2.10-01")
@pytest.mark.promise("2.10-05")
@given(rows, jobs, tanks)
def test_no_row_twice_never_more_than_needed_and_needed_ones_get_all_there_is(
    avail_w: list[Row], wanted: list[Job], store: Tank | None
) -> None:
    plan = schedule(avail_w, wanted, store)
    for job in wanted:
        got = plan[job.id]
        reach = len(avail_w) if job.before_row is None else min(len(avail_w), job.before_row)
        assert len(set(got)) == len(got)
        assert all(0 <= row < reach for row in got)
        assert len(got) <= job.rows
        if job.is_needed:
            assert len(got) == min(job.rows, reach)


@pytest.mark.promise("2.10-06")
@given(rows, jobs, tanks)
def test_optional_loads_never_run_on_more_than_the_surplus(
    avail_w: list[Row], wanted: list[Job], store: Tank | None
) -> None:
    plan = schedule(avail_w, wanted, store)
    for row, left_w in enumerate(avail_w):
        optional_w = sum(job.power_w for job in wanted if not job.is_needed and row in plan[job.id])
        assert optional_w == 0 or (left_w is not None and optional_w <= left_w + 1e-6)


@given(rows, jobs, tanks)
def test_the_same_question_gets_the_same_answer(avail_w: list[Row], wanted: list[Job], store: Tank | None) -> None:
    assert schedule(avail_w, wanted, store) == schedule(list(avail_w), list(wanted), store)


@given(st.lists(st.floats(-2000, 2000), min_size=1, max_size=40), st.floats(0, 3000))
def test_batteries_give_no_more_than_they_took(avail_w: list[float], stored_wh: float) -> None:
    """In rows that the batteries carry nothing is imported, and energy is never made."""
    store = tank(stored_wh)
    plan = schedule(avail_w, [needed("a", 1000, 10)], store)
    spares_w = [left_w - (1000 if row in plan["a"] else 0) for row, left_w in enumerate(avail_w)]
    course = [stored_wh, *store.course(spares_w)]
    given_wh = sum(max(0.0, before - after) for before, after in itertools.pairwise(course))
    taken_wh = sum(max(0.0, after - before) for before, after in itertools.pairwise(course))
    assert given_wh <= stored_wh + taken_wh + 1e-6
    assert all(-1e-6 <= level <= 3000 + 1e-6 for level in course)
    most_wh = sum(max(0.0, spare) for spare in avail_w) * ROW_H
    assert taken_wh <= most_wh + 1e-6


class TestDefectsOfTheOlderScheduler:
    """Each is one that was reproduced there."""

    def test_a_row_is_not_booked_twice_in_step_three(self) -> None:
        plan = schedule([5000, 200, 200, 200], [needed("a", 1000, 3)])
        assert plan["a"] == (0, 1, 2)

    def test_step_two_gives_no_more_rows_than_needed_and_uses_the_one_that_is_now(self) -> None:
        plan = schedule([900, 100, 100, 100], [needed("a", 1000, 1)], tank(3000))
        assert plan["a"] == (0,)

    def test_energy_that_was_spent_does_not_come_back(self) -> None:
        """A battery of 250 Wh carries one row of 1 kW, not three; the others come from the grid, and are known to."""
        store, avail_w = tank(250), [0.0] * 8
        plan = schedule(avail_w, [needed("a", 1000, 5)], store)
        assert len(plan["a"]) == 5
        drawn_w = [-1000.0 if row in plan["a"] else 0.0 for row in range(8)]
        course = [250.0, *store.course(drawn_w)]
        assert course[-1] == 0
        assert sum(before - after for before, after in itertools.pairwise(course)) == pytest.approx(250)

    def test_more_stored_than_fits_is_no_reason_to_run(self) -> None:
        assert rows_needed(max(0.0, 500.0 - 800.0), 1000) == 0
        assert schedule([5000] * 4, [needed("a", 1000, 0)])["a"] == ()

    def test_the_batteries_initial_charge_is_no_charge_of_the_first_row(self) -> None:
        assert tank(2000).course([0.0, -400.0]) == [2000.0, 1900.0]

    def test_a_tank_that_was_full_for_a_while_does_not_drift(self) -> None:
        store = tank(2900)
        assert store.course([4000.0, 4000.0, -1000.0]) == [3000.0, 3000.0, 2750.0]


@pytest.mark.promise("2.10-03")
def test_surplus_is_taken_as_early_as_it_comes() -> None:
    assert schedule([0, 1500, 2500, 2500], [needed("a", 1000, 2)])["a"] == (1, 2)


@pytest.mark.promise("2.10-04")
def test_with_the_batteries_help_nothing_is_imported() -> None:
    """700 W of sun and 300 W of battery in each row, rather than 1 kW of battery in another."""
    assert schedule([0, 700, 700, 0], [needed("a", 1000, 2)], tank(150))["a"] == (1, 2)


def test_a_promise_of_the_batteries_is_not_given_twice() -> None:
    both = [needed("a", 1000, 1), needed("b", 1000, 1, place=1)]
    plan = schedule([0, 0, 0, -100], both, tank(250))
    assert plan == {"a": (0,), "b": (1,)}
    assert schedule([0, 0, 0, -100], both, tank(500)) == {"a": (0,), "b": (1,)}


def test_without_a_forecast_a_needed_load_waits_for_sun_as_long_as_it_can() -> None:
    """Two rows needed, four left: the last two. Three left and the sun is there: now."""
    assert schedule([0, None, None, None], [needed("a", 1000, 2)])["a"] == (2, 3)
    assert schedule([0, None], [needed("a", 1000, 2)])["a"] == (0, 1)
    assert 0 in schedule([1200, None, None], [needed("a", 1000, 2)])["a"]


def test_a_deadline_is_kept_although_later_would_be_better() -> None:
    assert schedule([0, 0, 500, 1000], [needed("a", 1000, 2, before_row=2)])["a"] == (0, 1)


def test_the_schedule_tells_which_rows_neither_sun_nor_batteries_carry() -> None:
    plan = slotted([1000, 400, 300, 200], [needed("a", 1000, 3)])
    assert plan["a"] == Slots((0, 1, 2), frozenset({1, 2}))
    plan = slotted([1000, 400, 300, 200], [needed("a", 1000, 3)], tank(1000))
    assert plan["a"] == Slots((0, 1, 2))


def test_the_better_the_hours_to_come_the_more_a_load_asks_before_it_starts() -> None:
    def asked_w(*ahead_w: Row, rows: int = 2) -> float:
        return outlook([1000, *ahead_w], needed("a", 1000, rows)).start_w

    assert asked_w(1000, 1100, 900, 800, 0) == pytest.approx(1.2 * 900), "the last of the three best"
    assert asked_w(3000, 3000, 3000, 3000) == pytest.approx(2200), "nobody waits for more than that"
    assert asked_w(3000, 3000) == 0, "two rows are not enough to count on two"
    assert asked_w(None, None, None, None) == 0, "of what nobody knows nothing is asked"
    assert asked_w(3000, 3000, 3000, rows=0) == 0


def test_a_load_may_wait_while_more_rows_than_it_needs_may_help() -> None:
    def may_wait(*ahead_w: Row) -> bool:
        return outlook([0, *ahead_w], needed("a", 1000, 2)).may_wait

    assert may_wait(700, 700, 700)
    assert not may_wait(700, 700, 500)
    assert may_wait(None, None, None)
    assert not outlook([0, 700, 700, 700], needed("a", 1000, 2, before_row=3)).may_wait
    assert outlook([0, 700, 700], needed("a", 1000, 0)) == Outlook(), "who needs nothing waits for nothing"


@given(st.lists(st.none() | st.floats(-5000, 5000), max_size=60), st.integers(0, 20), st.floats(1, 5000))
def test_nobody_is_asked_to_wait_for_more_than_was_promised(avail_w: list[Row], rows: int, power_w: float) -> None:
    seen = outlook(avail_w, needed("a", power_w, rows))
    best_w = max((left_w for left_w in avail_w[1:] if left_w is not None), default=0.0)
    assert seen.start_w <= max(0.0, min(1.2 * best_w, 2.2 * power_w)) + 1e-6
    assert not seen.may_wait or len(avail_w) - 1 > rows


def test_a_load_that_runs_on_the_grid_goes_on_where_another_row_is_hardly_better() -> None:
    begun = replace(needed("a", 1000, 1), runs=True)
    assert schedule([100, 150, 0], [begun])["a"] == (0,)
    assert schedule([100, 150, 0], [needed("a", 1000, 1)])["a"] == (1,)
    assert schedule([100, 300, 0], [begun])["a"] == (1,)


def test_128_rows_and_ten_loads_are_thought_over_in_ten_milliseconds() -> None:
    assert schedule_ms(rows=128, loads=10) <= 10

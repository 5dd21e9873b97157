"""Loads of a replayed house: their days, their deadlines, and what the planner is asked."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from services.replay.chores import Chore, Chores
from services.replay.steps import Slot, slots
from tests.replay.houses import MONDAY_S, week

PARIS = ZoneInfo("Europe/Paris")
HOUR_S = 3600
BOILER = Chore(power_w=2000, need_wh=3000, ready_by=time(6))
SIX_S = MONDAY_S + 5 * HOUR_S
"""06:00 in Paris, in winter."""


def begun(chore: Chore = BOILER, now_s: float = MONDAY_S) -> Chores:
    """A house whose only load has just begun a day."""
    chores = Chores({"boiler": chore}, PARIS)
    assert chores.begin(now_s) == 0
    return chores


def day(first: int = 0) -> list[Slot]:
    """The half hours of two days, from one of them on."""
    return list(slots(week(2), 1800))[first:]


def test_a_load_draws_no_more_than_it_still_needs() -> None:
    chores = begun()
    drawn_w = [chores.run({"boiler"}, 0.5) for _ in range(5)]
    assert drawn_w == [2000, 2000, 2000, 0, 0]
    assert begun(Chore(2000, 700)).run({"boiler"}, 0.5) == 1400


def test_what_a_day_did_not_bring_is_missing_when_it_ends() -> None:
    chores = begun()
    chores.run({"boiler"}, 0.5)
    assert chores.begin(SIX_S - 60) == 0
    assert chores.begin(SIX_S) == 2000
    assert chores.left_wh == {"boiler": 3000}


def test_a_day_whose_end_was_not_measured_goes_on() -> None:
    chores = begun()
    assert chores.begin(SIX_S + 5 * HOUR_S) == 0
    assert chores.begin(SIX_S + 24 * HOUR_S) == 3000


def test_the_hour_is_that_of_the_clock_on_the_wall() -> None:
    """In summer 06:00 in Paris is an hour earlier."""
    summer_s = MONDAY_S + 120 * 24 * HOUR_S
    assert begun(now_s=summer_s).ends_s == {"boiler": summer_s + 4 * HOUR_S}


@pytest.mark.parametrize(("before_s", "is_urgent"), [(91 * 60, False), (90 * 60, True)])
def test_the_last_moment_to_start(before_s: int, is_urgent: bool) -> None:
    """3 kWh at 2 kW take an hour and a half."""
    assert (begun().urgent(SIX_S - before_s) == {"boiler"}) == is_urgent


def test_the_planner_is_asked_for_the_rest_of_this_day_and_for_days_that_end_in_sight() -> None:
    jobs = list(begun().jobs(day()[:72]))
    assert [(job.from_slot, job.before_slot, job.needed_wh) for job in jobs] == [(0, 10, 3000), (10, 58, 3000)]


def test_a_day_without_an_end_in_sight_is_asked_for_only_if_nothing_follows() -> None:
    chores = begun()
    assert [job.before_slot for job in chores.jobs(day())] == [10, 58]
    assert [job.before_slot for job in chores.jobs(day(), is_end=True)] == [10, 58, 96]


def test_a_day_that_ends_in_a_gap_ends_after_it_for_the_planner_too() -> None:
    ahead = [slot for place, slot in enumerate(day()) if place not in range(8, 14)]
    assert next(job.before_slot for job in begun().jobs(ahead, is_end=True)) == 52


def test_a_load_that_may_not_pause_goes_on_once_it_runs() -> None:
    chores = begun(Chore(2000, 3000, time(6), is_interruptible=False))
    chores.run({"boiler"}, 0.5)
    job = next(chores.jobs(day(1)))
    assert (job.is_running, job.must_run_slots, job.needed_wh) == (True, 2, 2000)

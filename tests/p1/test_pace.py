"""How often a meter says something new, learnt from when it did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.p1.pace import Pace


def paced(gaps: list[float], protocol: float | None = 50, each_s: float = 0.0) -> Pace:
    """After readings with these gaps."""
    pace, now_s = Pace(), 0.0
    pace.expect(protocol, each_s)
    pace.saw_new(now_s)
    for gap_s in gaps:
        now_s += gap_s
        pace.saw_new(now_s)
    return pace


@pytest.mark.parametrize(("protocol", "expected_s"), [(50, 1), (None, 10), (42, 10), (22, 10)])
def test_before_anything_is_learnt_the_dsmr_version_is_the_guess(protocol: float | None, expected_s: float) -> None:
    """homewizard.md 1: DSMR 5 each second, older meters each ten."""
    assert paced([], protocol).period_s == expected_s


@pytest.mark.parametrize("period_s", [1, 10, 60])
def test_the_real_period_is_learnt(period_s: float) -> None:
    pace = paced([period_s + jitter for jitter in (0.1, -0.15, 0.0, 0.2, -0.1)])
    assert (pace.period_s, pace.stale_after_s) == (period_s, max(10, 3 * period_s))


def test_one_lost_telegram_changes_nothing() -> None:
    assert paced([1, 1, 1, 2, 1]).period_s == 1


def test_three_slow_telegrams_do() -> None:
    """F13: the limits follow the real period."""
    assert paced([1, 1, 1, 10, 10]).period_s == 1
    assert paced([1, 1, 10, 10, 10]).period_s == 10


def test_seldom_asked_it_says_how_often_it_is_asked_but_not_that_the_meter_is_slow() -> None:
    """Otherwise waiting for a slow meter would make it slower still."""
    pace = paced([10, 10, 10, 10, 10], each_s=10.0)
    assert (pace.period_s, pace.meter_s) == (10, 1)


def test_seldom_asked_a_meter_slower_than_that_is_still_found_out() -> None:
    assert paced([60, 60, 60], each_s=10.0).meter_s == 60


def test_an_interruption_is_no_gap() -> None:
    pace = paced([1, 1])
    pace.interrupted()
    pace.saw_new(500.0)
    pace.saw_new(501.0)
    assert pace.period_s == 1


@given(st.lists(st.floats(0.1, 900), max_size=30), st.sampled_from([0.0, 0.5, 1.0, 10.0]))
def test_the_limit_is_always_three_periods_and_ten_seconds_at_least(gaps: list[float], each_s: float) -> None:
    pace = paced(gaps, each_s=each_s)
    assert pace.period_s >= 1
    assert pace.stale_after_s == max(10, 3 * pace.period_s)

"""What is left in each quarter hour: the measured present, a forecast corrected by it, and no promise for the night."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.exported import Exported
from services.balancer.loads.horizon import FADE_H, horizon, rows_ahead
from services.balancer.loads.mean import RecentMean

QUARTER_S = 900.0


def quarters(watts: list[float], start_s: float = 0.0) -> list[tuple[float, float, float]]:
    """A forecast in quarter hours."""
    return [(start_s + i * QUARTER_S, start_s + (i + 1) * QUARTER_S, w) for i, w in enumerate(watts)]


def test_the_first_row_is_now_and_is_what_is_measured() -> None:
    rows = horizon(450.0, 3, 1234.0, quarters([2000.0] * 6), quarters([500.0] * 6))
    assert rows[0] == 1234


def test_without_a_forecast_nothing_is_known_of_what_comes() -> None:
    assert horizon(0.0, 3, 100.0, None, None) == [100.0, None, None]
    assert horizon(0.0, 3, 100.0, quarters([1.0] * 9), None) == [100.0, None, None]
    assert horizon(0.0, 3, 0.0, quarters([1.0] * 2), quarters([1.0] * 9)) == [0.0, 0.0, None]


def test_the_present_error_fades_with_the_horizon() -> None:
    rows = horizon(0.0, 9, 1000.0, quarters([2000.0] * 12), quarters([500.0] * 12))
    assert rows[1:] == [pytest.approx(1500 - 500 * exp(-row * 0.25 / FADE_H)) for row in range(1, 9)]


def test_a_surplus_in_the_afternoon_promises_nothing_for_the_night() -> None:
    """The older program added the present error to every row, also to those without any sun."""
    sun = [2000.0, 1000.0, 0.0, 0.0]
    rows = horizon(0.0, 4, 3000.0, quarters(sun), quarters([300.0] * 4))
    assert rows[2:] == [-300.0, -300.0]
    assert rows[1] == pytest.approx(700 + 1300 * 0.5 * exp(-0.25 / FADE_H))


def test_at_night_nothing_is_corrected() -> None:
    rows = horizon(0.0, 3, -900.0, quarters([0.0, 0.0, 500.0]), quarters([300.0] * 3))
    assert rows == [-900.0, -300.0, 200.0]


def test_rows_that_lie_across_two_slots_get_their_mean() -> None:
    rows = horizon(450.0, 2, 0.0, quarters([0.0, 0.0, 1000.0, 1000.0]), quarters([0.0] * 4))
    assert rows[1] == pytest.approx(500)


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=60), st.floats(0, 5e4), st.floats(-5000, 5000))
def test_it_is_finite_and_as_long_as_asked_for(watts: list[float], now_s: float, present_w: float) -> None:
    rows = horizon(now_s, 40, present_w, quarters(watts), quarters([300.0] * 60))
    assert len(rows) == 40
    assert all(row is None or abs(row) < 20_000 for row in rows)


def test_rows_before_a_deadline() -> None:
    assert [rows_ahead(s) for s in (-5, 0, 899, 900, 1799, 3600)] == [0, 0, 0, 1, 1, 4]


def test_only_what_was_fed_in_for_a_whole_minute_counts() -> None:
    exported = Exported()
    for second in range(59):
        exported = exported.watch(-1000.0, float(second))
    assert exported.least_w(58.0) == 0
    exported = exported.watch(-1500.0, 60.0)
    assert exported.least_w(60.0) == 1000
    exported = exported.watch(-200.0, 61.0)
    assert exported.least_w(61.0) == 200
    assert exported.watch(300.0, 62.0).least_w(62.0) == 0
    for second in range(63, 130):
        exported = exported.watch(-800.0, float(second))
    assert exported.least_w(129.0) == 800


def test_a_kettle_hardly_moves_the_mean_of_the_last_minutes() -> None:
    mean = RecentMean().watch(1000.0, 1.0)
    assert mean.value_w == 1000
    for _ in range(30):
        mean = mean.watch(-1000.0, 1.0)
    assert mean.value_w is not None
    assert mean.value_w > 780

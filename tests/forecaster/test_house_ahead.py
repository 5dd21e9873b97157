"""The house's forecast: its own weeks, its own hours, the recent past first; a standard profile before that."""

from datetime import UTC, datetime
from math import isfinite
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.means import QUARTER_S
from services.forecaster.core.house_ahead import STANDARD, house_ahead, standard_w
from services.forecaster.core.quarters import AHEAD, Quarter, local
from services.forecaster.core.sun_ahead import Ahead
from tests.forecaster.days import DAY_S, NOON_S, history

PARIS = ZoneInfo("Europe/Paris")
WATTS = st.one_of(st.none(), st.floats(min_value=0, max_value=50_000))


def ahead(rows: list[Quarter], now_s: float = NOON_S) -> Ahead:
    return house_ahead(now_s, PARIS, rows, 3500)


def at_hour(made: Ahead, hour: int, days: int = 0) -> float:
    """p50 of a full hour on the clock on the wall."""
    found = [slot.p50_w for slot in made.slots if local(slot.start_s, PARIS)[1] == 4 * hour]
    return found[days]


def cooks_at_seven(start_s: int) -> float:
    """2 kW from 19:00 to 20:00 on the clock on the wall, 200 W else."""
    return 2000 if 76 <= local(start_s, PARIS)[1] < 80 else 200


def test_a_house_without_history_is_a_standard_one() -> None:
    made = ahead([])
    assert made.is_estimated
    mean_w = sum(slot.p50_w for slot in made.slots) / AHEAD
    assert mean_w == pytest.approx(3500 * 1000 / 8766, rel=1e-6), "as much in a year as its owner said"
    assert at_hour(made, 19) > 2 * at_hour(made, 3)
    assert sum(STANDARD) == pytest.approx(24)


def test_a_house_is_expected_to_do_what_it_does_at_this_hour() -> None:
    made = ahead(history(28, load_w=cooks_at_seven))
    assert not made.is_estimated
    assert at_hour(made, 19) == at_hour(made, 19, days=1) == 2000
    assert at_hour(made, 12) == at_hour(made, 22) == 200


def test_a_weekend_is_not_a_workday() -> None:
    """Laundry on Saturdays: NOON_S is a Thursday, so Friday and Saturday morning are ahead."""

    def laundry(start_s: int) -> float:
        weekday, quarter = local(start_s, PARIS)
        return 1500.0 if weekday == 5 and 36 <= quarter < 48 else 300.0

    made = ahead(history(42, load_w=laundry))
    friday, saturday = at_hour(made, 10, days=0), at_hour(made, 10, days=1)
    assert friday == 300
    saturday_slot = next(s for s in made.slots if local(s.start_s, PARIS) == (5, 40))
    assert saturday == saturday_slot.p50_w
    assert saturday_slot.p90_w == 1500, "one of three counted days like it, and the same day most"


def test_recent_weeks_count_more_than_old_ones() -> None:
    rows = history(40, load_w=lambda at: 800.0, until_s=NOON_S - 10 * DAY_S) + history(10, load_w=lambda at: 300.0)
    assert at_hour(ahead(rows), 3) == 300


def test_habits_go_by_the_clock_on_the_wall() -> None:
    """The clocks go forward at the end of March: supper stays at seven."""
    now_s = int(datetime(2026, 3, 28, 20, tzinfo=UTC).timestamp())
    rows = history(21, load_w=cooks_at_seven, until_s=now_s)
    made = ahead(rows, now_s)
    high = [slot.start_s for slot in made.slots if slot.p50_w > 1000]
    assert [local(at, PARIS)[1] for at in high] == 2 * [76, 77, 78, 79]
    assert datetime.fromtimestamp(high[0], UTC).hour == 17, "18 the day before"


def test_two_days_are_no_habit_yet() -> None:
    made = ahead(history(2, load_w=lambda at: 5000.0)[:-8])
    assert made.is_estimated
    assert at_hour(made, 3) == standard_w(12, 3500)


def test_what_is_unusual_now_is_believed_for_an_hour_and_forgotten_by_the_evening() -> None:
    rows = history(28, load_w=lambda at: 400.0)
    busy = [*rows[:-1], rows[-1]._replace(load_w=2400.0)]
    slots = ahead(busy).slots
    assert slots[0].p50_w == pytest.approx(400 + 2000 * 0.73, rel=0.02)
    assert slots[4].p50_w < 1300
    assert slots[16].p50_w < 500
    assert slots[96].p50_w == pytest.approx(400, abs=0.1)


def test_an_old_measurement_is_not_the_present() -> None:
    rows = history(28, load_w=lambda at: 400.0)
    busy = [*rows[:-4], rows[-4]._replace(load_w=2400.0)]
    assert ahead(busy).slots[0].p50_w == 400


def test_quantiles_are_those_of_the_house() -> None:
    """Nine quarters in ten at 300 W, and one with a kettle."""
    rows = history(50, load_w=lambda at: 2300.0 if (at // QUARTER_S) % 7 == 3 else 300.0)[:-4]
    made = ahead(rows).slots[96]
    assert (made.p10_w, made.p50_w, made.p90_w) == (300, 300, 2300)


@given(st.lists(WATTS, max_size=500), st.integers(0, 95))
def test_whatever_was_measured_the_forecast_is_in_order_and_not_negative(
    past: list[float | None], quarter: int
) -> None:
    now_s = NOON_S + quarter * QUARTER_S
    rows = [Quarter(now_s - (len(past) - k) * QUARTER_S, None, load_w) for k, load_w in enumerate(past)]
    for slot in ahead(rows, now_s).slots:
        assert all(map(isfinite, slot))
        assert 0 <= slot.p10_w <= slot.p50_w <= slot.p90_w


@pytest.mark.parametrize(("month", "day"), [(3, 28), (10, 24)])
def test_days_of_a_clock_change_have_their_quarters_too(month: int, day: int) -> None:
    """F36: 92 or 100 quarters; slots go by UTC, so there is no gap and none comes twice."""
    now_s = int(datetime(2026, month, day, 20, tzinfo=UTC).timestamp())
    slots = ahead(history(21, load_w=lambda at: 300.0, until_s=now_s), now_s).slots
    assert [slot.start_s for slot in slots] == [now_s + k * QUARTER_S for k in range(AHEAD)]
    sunday = [slot for slot in slots if local(slot.start_s, PARIS)[0] == 6]
    assert len(sunday) == (92 if month == 3 else 100)
    assert {slot.p50_w for slot in slots} == {300.0}

"""The household's day: one per boundary, however the clocks are set."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.day import day_of, left_of_day_s, until_s

PARIS = ZoneInfo("Europe/Paris")
BOUNDARIES = st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
pytestmark = pytest.mark.promise("2.10-02")


@given(st.integers(0, 2 * 365 * 86_400), BOUNDARIES)
def test_a_day_lasts_until_its_end_and_not_a_second_longer(second: int, boundary: time) -> None:
    local = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(PARIS)
    left = timedelta(seconds=left_of_day_s(local, boundary))
    assert timedelta() < left <= timedelta(hours=25)
    day = day_of(local, boundary)
    assert day_of((local.astimezone(UTC) + left - timedelta(seconds=1)).astimezone(PARIS), boundary) == day
    assert day_of((local.astimezone(UTC) + left).astimezone(PARIS), boundary) == day + 1


@pytest.mark.parametrize(
    ("date", "hours"),
    [((2026, 3, 28), 23), ((2026, 10, 24), 25), ((2026, 6, 1), 24)],
    ids=["spring", "autumn", "summer"],
)
def test_days_of_a_clock_change_are_shorter_or_longer(date: tuple[int, int, int], hours: int) -> None:
    began = datetime(*date, 6, tzinfo=PARIS)
    assert left_of_day_s(began, time(6)) == hours * 3600


def test_the_hour_that_comes_twice_begins_one_day_only() -> None:
    """25 October 2026, 02:30 local comes at 00:30 and at 01:30 UTC."""
    days = [
        day_of(datetime(2026, 10, 25, tzinfo=UTC).astimezone(PARIS) + timedelta(), time(2, 30)),
        *(
            day_of((datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=10 * step)).astimezone(PARIS), time(2, 30))
            for step in range(18)
        ),
    ]
    assert days == sorted(days)
    assert len(set(days)) == 2


def test_until_a_time_of_day() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=PARIS)
    assert until_s(noon, time(13)) == 3600
    assert until_s(noon, time(12)) == 86_400
    assert until_s(noon, time(11)) == 23 * 3600

"""Peak hours in local time: ordinary days, nights that belong to the evening, and the two odd days of the year."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.balancer.rules.tariff_hours import WEEKDAYS, is_low_tariff

PARIS = ZoneInfo("Europe/Paris")
WORKDAYS = WEEKDAYS[:5]
pytestmark = pytest.mark.promise("4.8-10")


def low(local: datetime, start: str = "07:00", end: str = "22:00", days: tuple[str, ...] = WORKDAYS) -> bool:
    """Whether it is cheap then."""
    return is_low_tariff(local, days, time.fromisoformat(start), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("local", "cheap"),
    [
        ("2026-11-20T06:59:59", True),  # a Friday
        ("2026-11-20T07:00:00", False),
        ("2026-11-20T21:59:59", False),
        ("2026-11-20T22:00:00", True),
        ("2026-11-21T12:00:00", True),  # Saturday
        ("2026-11-22T12:00:00", True),
        ("2026-11-23T12:00:00", False),  # Monday
    ],
)
def test_by_default_weekdays_from_seven_to_ten_are_dear(local: str, cheap: bool) -> None:
    assert low(datetime.fromisoformat(local)) is cheap


@pytest.mark.parametrize(
    ("local", "cheap"),
    [
        ("2026-11-20T22:30:00", False),  # Friday evening is dear …
        ("2026-11-21T05:30:00", False),  # … and so is the night that follows it
        ("2026-11-21T06:00:00", True),
        ("2026-11-21T22:30:00", True),  # Saturday evening is not
        ("2026-11-23T05:30:00", True),  # Monday's small hours belong to Sunday
        ("2026-11-23T22:30:00", False),
    ],
)
def test_hours_over_midnight_belong_to_the_evening_they_began_in(local: str, cheap: bool) -> None:
    assert low(datetime.fromisoformat(local), "22:00", "06:00") is cheap


def test_hours_that_end_when_they_begin_are_never_dear() -> None:
    assert all(low(datetime(2026, 11, 20, hour, tzinfo=PARIS), "07:00", "07:00") for hour in range(24))


@pytest.mark.parametrize(
    ("day", "dear_h"),
    [
        (datetime(2026, 3, 29, tzinfo=PARIS), 3.0),  # 02:00 to 03:00 does not exist
        (datetime(2026, 10, 25, tzinfo=PARIS), 5.0),  # and here it is there twice
        (datetime(2026, 10, 26, tzinfo=PARIS), 4.0),
    ],
)
def test_on_the_days_the_clocks_change_local_time_counts(day: datetime, dear_h: float) -> None:
    begin = day.astimezone(UTC)
    instants = [(begin + timedelta(minutes=minute)).astimezone(PARIS) for minute in range(23 * 60)]
    dear = [local for local in instants if not low(local, "01:00", "05:00", WEEKDAYS)]
    assert len(dear) / 60 == dear_h

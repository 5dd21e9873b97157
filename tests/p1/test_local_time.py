"""The meter's local times, through both changes of the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.p1.local_time import local_ms

ZONE = ZoneInfo("Europe/Amsterdam")
EARLIEST = datetime(2011, 1, 1, tzinfo=UTC)
instants = st.integers(0, 900_000_000).map(lambda seconds: EARLIEST + timedelta(seconds=seconds))


def ms(instant: datetime) -> int:
    """UTC milliseconds."""
    return round(instant.timestamp() * 1000)


@given(instants, st.integers(0, 1500))
def test_a_local_time_finds_back_to_its_instant(instant: datetime, late_s: int) -> None:
    """homewizard.md 5.13: also in the hour that comes twice in October, because the telegram came shortly after."""
    near_ms = ms(instant + timedelta(seconds=late_s))
    local = instant.astimezone(ZONE)
    assert local_ms(local.strftime("%Y-%m-%dT%H:%M:%S"), ZONE, near_ms) == ms(instant)
    assert local_ms(int(local.strftime("%y%m%d%H%M%S")), ZONE, near_ms) == ms(instant)


@pytest.mark.parametrize(("hour_utc", "expected"), [(0, 0), (1, 1)])
def test_the_double_hour_is_the_one_in_which_it_came(hour_utc: int, expected: int) -> None:
    """2026-10-25, 02:30 local is both 00:30 and 01:30 UTC."""
    near = datetime(2026, 10, 25, hour_utc, 30, 5, tzinfo=UTC)
    found = local_ms("2026-10-25T02:30:00", ZONE, ms(near))
    assert found == ms(datetime(2026, 10, 25, expected, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    "value", [700101000000, 632525252525, 0, -5, 10**30, 2.5e300, True, None, "", "12:00", [1], "9999-12-31T23:59:59"]
)
def test_nonsense_is_no_time(value: object) -> None:
    """homewizard.md 5.12: such stamps were seen in the field."""
    assert local_ms(value, ZONE, ms(datetime(2026, 4, 18, tzinfo=UTC))) is None  # type: ignore[arg-type]  # on purpose


@given(st.one_of(st.integers(), st.floats(), st.text(alphabet="0123456789-:T ", max_size=30)))
def test_nothing_a_dongle_says_is_an_exception(value: float | str) -> None:
    found = local_ms(value, ZONE, ms(datetime(2026, 4, 18, tzinfo=UTC)))
    assert found is None or found >= 0

"""The Tempo day and its off-peak hours, to the second and on the days the clocks change."""

import itertools
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tempo.hours import DAY, Hours, Window
from tests.tempo.times import PARIS, TEMPO, at

SPRING, AUTUMN = date(2026, 3, 28), date(2026, 10, 24)
"""Tempo days whose night has the change of the clocks."""


@pytest.mark.promise("5.8-04")
@pytest.mark.parametrize(
    ("instant", "day", "is_off_peak"),
    [
        ("2026-01-06 05:59:59", "2026-01-05", True),
        ("2026-01-06 06:00:00", "2026-01-06", False),
        ("2026-01-06 21:59:59", "2026-01-06", False),
        ("2026-01-06 22:00:00", "2026-01-06", True),
        ("2026-01-06 22:02:00", "2026-01-06", True),
        ("2026-01-06 22:59:59", "2026-01-06", True),
        ("2026-01-07 00:00:00", "2026-01-06", True),
        ("2026-03-29 01:59:59", "2026-03-28", True),
        ("2026-03-29 03:00:00", "2026-03-28", True),
        ("2026-10-25 02:30:00", "2026-10-24", True),
        ("2026-10-25 02:30:00*", "2026-10-24", True),
        ("2026-10-25 06:00:00", "2026-10-25", False),
    ],
)
def test_a_day_runs_from_six_to_six_and_is_off_peak_from_ten(instant: str, day: str, is_off_peak: bool) -> None:
    assert (TEMPO.day_of(at(instant)), TEMPO.is_off_peak(at(instant))) == (date.fromisoformat(day), is_off_peak)


@pytest.mark.promise("5.8-04")
@pytest.mark.parametrize(("day", "hours", "off_peak_h"), [(SPRING, 23, 7), (AUTUMN, 25, 9), (date(2026, 1, 6), 24, 8)])
def test_the_night_of_the_change_is_an_hour_shorter_or_longer(day: date, hours: int, off_peak_h: int) -> None:
    pieces = list(TEMPO.pieces(day))
    off_peak = sum(((end - start) for start, end in pieces if TEMPO.is_off_peak(start)), timedelta())
    assert pieces[-1][1] - pieces[0][0] == timedelta(hours=hours)
    assert off_peak == timedelta(hours=off_peak_h)


def test_several_windows_and_week_ends() -> None:
    hours = Hours(PARIS, off_peak=(Window(time(2), time(7)), Window(time(14), time(17))), weekends_off_peak=True)
    tuesday, saturday = "2026-01-06", "2026-01-10"
    assert [hours.is_off_peak(at(f"{tuesday} {hour}")) for hour in ("01:59", "02:00", "07:00", "14:00", "17:00")] == [
        False, True, False, True, False,
    ]  # fmt: skip
    assert hours.is_off_peak(at(f"{saturday} 12:00"))
    assert not hours.is_off_peak(at("2026-01-12 00:00"))


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.lists(st.tuples(st.times(), st.times()), max_size=3),
    st.sampled_from((time(), time(6))),
    st.booleans(),
)
def test_the_pieces_of_a_day_fill_it_and_nothing_changes_within_one(
    day: date, windows: list[tuple[time, time]], starts: time, weekends: bool
) -> None:
    rough = tuple(Window(a.replace(second=0, microsecond=0), b.replace(second=0, microsecond=0)) for a, b in windows)
    hours = Hours(PARIS, starts, rough, weekends)
    pieces = list(hours.pieces(day))
    assert (pieces[0][0], pieces[-1][1]) == (hours.start(day), hours.start(day + DAY))
    assert all(earlier[1] == later[0] for earlier, later in itertools.pairwise(pieces))
    if not _turns(day):
        for start, end in pieces:
            halfway = start + (end - start) / 2
            assert hours.is_off_peak(start) == hours.is_off_peak(halfway)


def _turns(day: date) -> bool:
    """Whether the clocks change within two days: then a window may lie in the hour that is missing or comes twice."""
    offsets = {datetime(day.year, day.month, day.day, tzinfo=PARIS).utcoffset()}
    later = day + 2 * DAY
    return offsets != {datetime(later.year, later.month, later.day, tzinfo=PARIS).utcoffset()}

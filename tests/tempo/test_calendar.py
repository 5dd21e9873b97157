"""The rules of the Tempo calendar: what a season holds, and the worst that a day may be."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tempo.calendar import DAY, RedSeason, allowance, holidays, left, missing, season_start, worst
from tests.tempo.times import BLUE, RED, SEASON, WHITE

DAYS = st.dates(date(2014, 9, 1), date(2040, 8, 31))


@pytest.mark.parametrize(
    ("day", "first"), [("2025-08-31", "2024-09-01"), ("2025-09-01", "2025-09-01"), ("2026-01-06", "2025-09-01")]
)
def test_a_season_begins_in_september(day: str, first: str) -> None:
    assert season_start(date.fromisoformat(day)) == date.fromisoformat(first)


@pytest.mark.parametrize(("day", "blue"), [("2025-12-01", 300), ("2024-03-01", 301), ("2024-08-31", 301)])
def test_a_season_has_22_red_43_white_and_the_rest_blue_days(day: str, blue: int) -> None:
    assert allowance(date.fromisoformat(day)) == {BLUE: blue, WHITE: 43, RED: 22}


@pytest.mark.parametrize(
    ("year", "easter_monday"),
    [(2019, "2019-04-22"), (2024, "2024-04-01"), (2025, "2025-04-21"), (2026, "2026-04-06"), (2027, "2027-03-29"),
     (2038, "2038-04-26"), (2049, "2049-04-19")],
)  # fmt: skip
def test_easter_monday_is_where_it_is(year: int, easter_monday: str) -> None:
    assert date.fromisoformat(easter_monday) in holidays(year)


@pytest.mark.parametrize(
    ("day", "colour"),
    [
        ("2026-01-06", RED),  # a Tuesday
        ("2026-01-03", WHITE),  # a Saturday
        ("2026-01-04", BLUE),  # a Sunday
        ("2026-01-01", WHITE),  # New Year's Day, a Thursday
        ("2025-11-11", WHITE),
        ("2025-12-25", WHITE),
        ("2027-03-29", WHITE),  # Easter Monday
        ("2025-10-31", WHITE),  # the day before the red season, a Friday
        ("2025-11-03", RED),  # its first working day
        ("2026-03-31", RED),  # its last
        ("2026-04-01", WHITE),
    ],
)
@pytest.mark.promise("5.8-05")
def test_the_worst_a_day_may_be_follows_the_calendar(day: str, colour: object) -> None:
    assert worst(date.fromisoformat(day), {}, SEASON) is colour


@pytest.mark.promise("5.8-11")
def test_the_red_season_can_be_set_also_within_one_year() -> None:
    april, september = date(2026, 4, 14), date(2026, 9, 15)
    assert worst(april, {}, RedSeason((11, 1), (4, 30))) is RED
    assert worst(april, {}, SEASON) is WHITE
    assert worst(september, {}, RedSeason((9, 1), (10, 31))) is RED
    assert worst(date(2026, 11, 17), {}, RedSeason((9, 1), (10, 31))) is WHITE


def test_after_22_red_days_none_is_left_and_after_43_white_ones_only_blue() -> None:
    used = {date(2025, 11, 3) + number * DAY: RED for number in range(22)}
    day = date(2026, 1, 6)
    assert worst(day, {**used, date(2025, 11, 3): WHITE}, SEASON) is RED
    assert worst(day, used, SEASON) is WHITE
    whites = {date(2025, 9, 1) + number * DAY: WHITE for number in range(43)}
    assert worst(day, {**whites, **used}, SEASON) is BLUE


def test_what_an_earlier_season_used_up_does_not_count() -> None:
    earlier = {date(2025, 1, 6) + number * DAY: RED for number in range(22)}
    assert worst(date(2026, 1, 6), earlier, SEASON) is RED


def test_days_left_are_told_only_where_the_whole_season_is_known() -> None:
    known = {date(2025, 9, 1) + number * DAY: BLUE for number in range(30)} | {date(2025, 9, 10): WHITE}
    last = date(2025, 9, 30)
    assert left(last, known) == {BLUE: 300 - 29, WHITE: 42, RED: 22}
    assert not missing(last, known)
    del known[date(2025, 9, 2)]
    assert left(last, known) is None
    assert missing(last, known)


@given(DAYS, st.dictionaries(DAYS, st.sampled_from((BLUE, WHITE, RED)), max_size=80))
def test_a_sunday_is_blue_and_a_week_end_never_red(day: date, known: dict[date, object]) -> None:
    colour = worst(day, known, SEASON)  # type: ignore[arg-type]  # hypothesis loses the colours' type
    assert colour is not RED or (day.weekday() < 5 and day.month in (11, 12, 1, 2, 3))
    assert colour is BLUE or day.weekday() < 6

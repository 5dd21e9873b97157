"""Eight recorded seasons, replayed: the colour and the price of every quarter hour, and the counts.

The oracle reads the local clock and knows nothing of slots. Each day is heard as sources tell it, on the day before.
`--hypothesis-profile=thorough` replays every day of all seasons; otherwise one season, and a week a month of the rest.
"""

import csv
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings

from common.contract.tariff import Band
from services.tempo.calendar import DAY, Colour, allowance, left, season_start, worst
from services.tempo.hours import Hours
from services.tempo.knowledge import Knowledge, Word
from services.tempo.prices import Table, Version
from services.tempo.settling import Settling
from services.tempo.timeline import DayPrices, Slot
from tests.tempo.times import PARIS, SEASON, TEMPO

QUARTER = timedelta(minutes=15)
CALENDAR = "tempo_calendar_2014-09_2022-08.csv"
ODD = {2019: {Colour.WHITE: 47, Colour.RED: 18}}
"""The spring of 2020: four red days became white."""
BANDS: tuple[Band, ...] = ("peak", "off_peak")
PRICES = {(int(colour), band): 0.1 * colour + 0.01 * (band == "peak") for colour in Colour for band in BANDS}
CONTRACT = DayPrices(TEMPO, Table([Version(date(2014, 1, 1), PRICES)]))


@pytest.fixture(scope="module")
def seasons() -> Mapping[int, Mapping[date, Colour]]:
    """The colours of each season by the year in which it begins."""
    path = Path(__file__).parents[3] / "shared" / "data" / CALENDAR
    if not path.exists():
        pytest.skip("no ../shared/data beside this checkout: the recorded calendar cannot be read")
    found: dict[int, dict[date, Colour]] = {}
    with path.open() as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["date"])
            found.setdefault(season_start(day).year, {})[day] = Colour[row["color"]]
    return found


def expected(at: datetime, colours: Mapping[date, Colour]) -> tuple[int, Band]:
    """Severity and band by the clock on the wall."""
    local = at.astimezone(PARIS)
    day = local.date() if local.hour >= 6 else local.date() - DAY
    return int(colours[day]), "peak" if 6 <= local.hour < 22 else "off_peak"


def quarter_hours(slots: tuple[Slot, ...], start: datetime, end: datetime) -> list[tuple[datetime, Slot]]:
    """Each quarter hour from `start` to `end`, with the slot it lies in."""
    told, at, here = [], start, 0
    while at < end:
        while slots[here].end <= at:
            here += 1
        told.append((at, slots[here]))
        at += QUARTER
    return told


def days_to_check(colours: Mapping[date, Colour], year: int) -> list[date]:
    """The latest season whole; of the others the end of each month, in which the clocks change."""
    is_whole = year == 2021 or settings.get_current_profile_name() == "thorough"
    return [day for day in sorted(colours) if is_whole or day.day >= 25]


@pytest.mark.parametrize("year", range(2014, 2022))
def test_every_quarter_hour_has_its_colour_and_price(seasons: Mapping[int, Mapping[date, Colour]], year: int) -> None:
    colours = seasons[year]
    known, checked = Knowledge(("rte",)), 0
    settling = Settling(TEMPO, SEASON, time(21, 30))
    for day in days_to_check(colours, year):
        tomorrow = day + DAY
        known.hear(Word(day=each, colour=colours[each], source="rte") for each in (day, tomorrow) if each in colours)
        now = datetime(day.year, day.month, day.day, 11, tzinfo=PARIS).astimezone(UTC)
        slots = CONTRACT.slots(now, partial(settling.settle, knowledge=known, now=now))
        for at, slot in quarter_hours(slots, TEMPO.start(day), TEMPO.start(tomorrow)):
            severity, band = expected(at, colours)
            assert (slot.severity, slot.band, slot.certainty) == (severity, band, "final"), at
            assert slot.price == PRICES[severity, band]
            checked += 1
    assert checked > 6000


@pytest.mark.parametrize("year", range(2014, 2022))
def test_the_counts_are_those_of_the_season(seasons: Mapping[int, Mapping[date, Colour]], year: int) -> None:
    colours, day = seasons[year], date(year + 1, 8, 31)
    whole = allowance(day)
    counts = Counter(colours.values())
    assert len(colours) == sum(whole.values())
    assert counts == {**whole, **ODD.get(year, {})}
    assert left(day, colours) == {colour: max(0, number - counts[colour]) for colour, number in whole.items()}


def test_no_day_was_ever_dearer_than_the_worst_that_was_allowed(seasons: Mapping[int, Mapping[date, Colour]]) -> None:
    """But for the white days that red ones became in the spring of 2020."""
    for colours in seasons.values():
        for day in colours:
            before = {each: colour for each, colour in colours.items() if each < day}
            assert colours[day] <= worst(day, before, SEASON) or day.year == 2020, day


def test_the_days_of_all_seasons_join(seasons: Mapping[int, Mapping[date, Colour]]) -> None:
    days = [day for colours in seasons.values() for day in colours]
    hours = Hours(PARIS, time(6))
    assert all(hours.start(later) - hours.start(earlier) <= timedelta(hours=25) for earlier, later in pairwise(days))
    assert sum((hours.start(day + DAY) - hours.start(day) for day in days), timedelta()) == DAY * len(days)

"""The rules of the Tempo calendar: seasons, how many days of each colour, and the worst that a day may be. Pure.

A season runs from 1 September to 31 August with 22 red days, 43 white ones and blue ones for the rest. Red days lie
between 1 November and 31 March and on no week-end or public holiday, so there are never more than five in a row;
Sundays are blue.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cache
from typing import Final

DAY: Final = timedelta(days=1)


class Colour(IntEnum):
    """A day's colour. Its value is the severity that the rest of Ballast goes by."""

    BLUE = 0
    WHITE = 1
    RED = 2

    @property
    def label(self) -> str:
        """For people."""
        return self.name.lower()


LIMITED: Final = {Colour.WHITE: 43, Colour.RED: 22}


@dataclass(frozen=True, slots=True)
class RedSeason:
    """The part of the year in which a day may be red, both ends included, as (month, day)."""

    first: tuple[int, int] = (11, 1)
    last: tuple[int, int] = (3, 31)

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


def season_start(day: date) -> date:
    """The first day of the season that a day belongs to."""
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)


def allowance(day: date) -> Mapping[Colour, int]:
    """Days of each colour in the season of a day."""
    first = season_start(day)
    length = (first.replace(year=first.year + 1) - first).days
    return {Colour.BLUE: length - sum(LIMITED.values()), **LIMITED}


@cache
def holidays(year: int) -> frozenset[date]:
    """The French public holidays of a year."""
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    easter = _easter(year)
    moving = (easter + days * DAY for days in (1, 39, 50))
    return frozenset((*(date(year, month, day) for month, day in fixed), *moving))


def worst(day: date, known: Mapping[date, Colour], red_season: RedSeason) -> Colour:
    """The dearest colour that the rules and what was used up still allow. Days nobody knows are taken as not used."""
    used = _used(day, known)
    is_working_day = day.weekday() < 5 and day not in holidays(day.year)
    if is_working_day and red_season.holds(day) and used[Colour.RED] < LIMITED[Colour.RED]:
        return Colour.RED
    return Colour.WHITE if day.weekday() < 6 and used[Colour.WHITE] < LIMITED[Colour.WHITE] else Colour.BLUE


def left(day: date, known: Mapping[date, Colour]) -> Mapping[Colour, int] | None:
    """Days of each colour after `day` in its season; None unless the season is known up to and with it."""
    first = season_start(day)
    if any(first + number * DAY not in known for number in range((day - first).days + 1)):
        return None
    used = _used(day + DAY, known, first)
    return {colour: max(0, number - used[colour]) for colour, number in allowance(day).items()}


def missing(day: date, known: Mapping[date, Colour]) -> bool:
    """Whether a day of the season before `day` is not known."""
    first = season_start(day)
    return any(first + number * DAY not in known for number in range((day - first).days))


def _used(before: date, known: Mapping[date, Colour], first: date | None = None) -> Counter[Colour]:
    """Days of each colour in the season and before a day."""
    first = first or season_start(before)
    return Counter(colour for day, colour in known.items() if first <= day < before)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the rule of Gauss in the form of Lichtenberg."""
    k = year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    og = 21 + d - r
    sz = 7 - (year + year // 4 + 2 - (3 * k + 3) // 4) % 7
    return date(year, 3, 1) + (og + 7 - (og - sz) % 7 - 1) * DAY

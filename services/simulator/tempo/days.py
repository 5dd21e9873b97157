"""The colours of the simulated days, and who may know them when. A seed draws 22 red and 43 white ones a season."""

import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
BEGINS, PEAK_ENDS, ANNOUNCED = time(6), time(22), time(20)
SHOWN, BINDING = time(6, 30), time(10, 30)
FREE = ((11, 1), (11, 11), (12, 25), (1, 1))
"""Public holidays of the red months."""
COLOURS = ("BLUE", "WHITE", "RED")


class Told(NamedTuple):
    """A colour as the grid operator publishes it."""

    colour: str
    is_binding: bool


class Days:
    """The truth. `fixed` are days whose colour a test or an owner chose."""

    def __init__(self, zone: ZoneInfo, seed: int = 1, fixed: Mapping[date, str] | None = None) -> None:
        self.zone, self._seed = zone, seed
        self.fixed = dict(fixed or {})
        self._seasons: dict[int, Mapping[date, str]] = {}

    def colour(self, day: date) -> str:
        """`BLUE`, `WHITE` or `RED`."""
        if day in self.fixed:
            return self.fixed[day]
        first = day.year if day.month >= 9 else day.year - 1
        if first not in self._seasons:
            self._seasons[first] = _drawn(first, self._seed)
        return self._seasons[first].get(day, "BLUE")

    def running(self, at: datetime) -> date:
        """The day that is billed at an instant."""
        local = at.astimezone(self.zone)
        return local.date() if local.time() >= BEGINS else local.date() - DAY

    def is_off_peak(self, at: datetime) -> bool:
        """From 22:00 to 06:00."""
        return not BEGINS <= at.astimezone(self.zone).time() < PEAK_ENDS

    def announced(self, at: datetime) -> str | None:
        """What the meter announces of the next day: from 20:00 to 06:00."""
        is_time = not BEGINS <= at.astimezone(self.zone).time() < ANNOUNCED
        return self.colour(self.running(at) + DAY) if is_time else None

    def published(self, day: date, at: datetime) -> Told | None:
        """What the grid operator shows of a day: from 06:30 on the day before, binding from 10:30 on."""
        shown, binding = (datetime.combine(day - DAY, when, tzinfo=self.zone) for when in (SHOWN, BINDING))
        return Told(self.colour(day), at >= binding) if at >= shown else None


def _drawn(first: int, seed: int) -> Mapping[date, str]:
    """The red and white days of the season that begins in September of a year."""
    dice = random.Random(f"{seed} {first}")
    begins, ends = date(first, 9, 1), date(first + 1, 9, 1)
    days = [begins + number * DAY for number in range((ends - begins).days)]
    winter = [day for day in days if day.month in (11, 12, 1, 2, 3) and day.weekday() < 5]
    red = set(dice.sample([day for day in winter if (day.month, day.day) not in FREE], 22))
    white = set(dice.sample([day for day in days if day.weekday() < 6 and day not in red], 43))
    return {**dict.fromkeys(red, "RED"), **dict.fromkeys(white, "WHITE")}

"""How much a water heater lacks that lived on the sun: by two days, a morning's minimum, the season and the forecast.

Looked at once a day, at an hour of the owner's choice. Energies are those the heater took up, as measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Season = Literal["winter", "spring", "summer", "fall"]
Begin = tuple[int, int]
"""(month, day)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdLimits:
    """What counts as cold in one season."""

    season: Season
    day_wh: float
    """A day with so much is a warm one."""
    two_days_wh: float
    """Two days with so much between them carry a third."""
    morning_wh: float
    """The least for the next morning, whatever the forecast."""
    good_pct: float
    """A forecast is good if the sun will leave less than this share of a day's need missing."""


def season_of(today: date, begins: Mapping[Season, Begin]) -> Season:
    """The season that began last; before the first of the year it is the last of the year before."""
    passed = [(begin, season) for season, begin in begins.items() if begin <= (today.month, today.day)]
    return max(passed or [(begin, season) for season, begin in begins.items()])[1]


def lacking_wh(limits: ColdLimits, today_wh: float, yesterday_wh: float, gloom_pct: float) -> float:
    """What it gets from wherever the power comes, ≥ 0. `gloom_pct`: share of a day's need the sun will not bring."""
    if today_wh >= limits.day_wh:
        return 0.0
    if today_wh + yesterday_wh < limits.two_days_wh:
        return _after_two_cold_days(limits, today_wh, yesterday_wh, gloom_pct)
    return _after_one(limits, today_wh, gloom_pct)


def _after_two_cold_days(limits: ColdLimits, today_wh: float, yesterday_wh: float, gloom_pct: float) -> float:
    if gloom_pct < limits.good_pct:
        missing_wh = limits.two_days_wh - today_wh - yesterday_wh
        return min(limits.day_wh - today_wh, missing_wh, limits.morning_wh)
    if today_wh < limits.morning_wh:
        return limits.morning_wh - today_wh + (limits.day_wh - limits.morning_wh) * gloom_pct / 100
    return (limits.day_wh - today_wh) * gloom_pct / 100


def _after_one(limits: ColdLimits, today_wh: float, gloom_pct: float) -> float:
    """Yesterday's water is still warm."""
    if gloom_pct < limits.good_pct or limits.season == "summer":
        return 0.0
    share = 1.0 if limits.season == "winter" else gloom_pct / 100
    return (limits.day_wh - today_wh) * share

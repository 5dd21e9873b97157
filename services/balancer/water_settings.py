"""What an owner may set about hot water: when it is looked at, what counts as cold, season by season."""

import re
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from common.config import Settings
from services.balancer.loads.hot_water import Begin, ColdLimits, Season

HotWaterMode = Literal["off", "day_night", "solar"]
EnergyWh = Annotated[float, Field(ge=0, le=100_000)]
DayWh = Annotated[float, Field(gt=0, le=100_000)]
"""Above 0: what the sun leaves is a share of it."""
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _date(text: str) -> str:
    found = re.fullmatch(r"(\d\d)-(\d\d)", text)
    month, day = (int(part) for part in found.groups()) if found else (0, 0)
    if not (1 <= month <= 12 and 1 <= day <= DAYS[month - 1]):
        raise ValueError('a day of the year is month and day, such as "12-21"')
    return text


DayOfYear = Annotated[str, AfterValidator(_date)]


class SeasonSettings(Settings):
    """One season: from when, and what counts as cold."""

    begins: DayOfYear = Field(examples=["12-21"])
    """Month and day; in quotes."""
    day_wh: DayWh = Field(examples=[7000])
    """A day on which it took so much is a warm one."""
    two_days_wh: EnergyWh = Field(examples=[12_000])
    """So much on two days together carries a third."""
    heeds_forecast: bool = Field(default=True, examples=[False])
    """Else the sun is not counted on in this season."""

    @property
    def begin(self) -> Begin:
        """As numbers."""
        month, _, day = self.begins.partition("-")
        return int(month), int(day)


class Winter(SeasonSettings):
    """From 21 December, unless set."""

    begins: DayOfYear = "12-21"
    day_wh: DayWh = 7000
    two_days_wh: EnergyWh = 12_000


class Spring(SeasonSettings):
    """From 21 March, unless set."""

    begins: DayOfYear = "03-21"
    day_wh: DayWh = 6000
    two_days_wh: EnergyWh = 11_000


class Summer(SeasonSettings):
    """From 22 June, unless set."""

    begins: DayOfYear = "06-22"
    day_wh: DayWh = 5000
    two_days_wh: EnergyWh = 10_000


class Fall(SeasonSettings):
    """From 22 September, unless set."""

    begins: DayOfYear = "09-22"
    day_wh: DayWh = 7000
    two_days_wh: EnergyWh = 12_000


class HotWater(Settings):
    """A water heater on surplus that must not stay cold. Looked at once a day; what it lacks it gets then."""

    mode: HotWaterMode = Field(default="solar", examples=["solar"])
    """`solar`: surplus, and what it lacks; `day_night`: in low-tariff hours only; `off`. Asked for with
    `set/hot_water_mode/<device>`."""
    check_at: time = Field(default=time(1), examples=["01:00"])
    """Local time at which it is looked at."""
    morning_wh: EnergyWh = Field(default=4000, examples=[4000])
    """After two cold days it gets at least this, unless the sun will bring it."""
    full_wh: EnergyWh = Field(default=14_000, examples=[14_000])
    """What a day counts on which its thermostat opened."""
    good_forecast_pct: Annotated[float, Field(ge=0, le=100)] = Field(default=30.0, examples=[30])
    """A forecast is good if the sun will leave less than this share of a day's need missing."""
    winter: Winter = Winter()
    spring: Spring = Spring()
    summer: Summer = Summer()
    fall: Fall = Fall()

    @model_validator(mode="after")
    def _a_morning_is_part_of_a_day(self) -> Self:
        small = [name for name, season in self.seasons().items() if season.day_wh < self.morning_wh]
        if small:
            raise ValueError(f"morning_wh {self.morning_wh:g} is more than day_wh of {', '.join(small)}: lower it")
        return self

    def seasons(self) -> dict[Season, SeasonSettings]:
        """All four."""
        return {"winter": self.winter, "spring": self.spring, "summer": self.summer, "fall": self.fall}

    def limits(self, season: Season) -> ColdLimits:
        """What counts as cold in one of them."""
        told = self.seasons()[season]
        return ColdLimits(
            season=season,
            day_wh=told.day_wh,
            two_days_wh=told.two_days_wh,
            morning_wh=self.morning_wh,
            good_pct=self.good_forecast_pct,
        )

    def heeds(self, season: Season) -> bool:
        """Whether the sun is counted on then."""
        return self.seasons()[season].heeds_forecast

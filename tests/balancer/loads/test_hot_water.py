"""What a water heater lacks: the two days' rule, the morning's minimum, seasons and forecast, case by case."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.hot_water import Begin, ColdLimits, Season, lacking_wh, season_of

pytestmark = pytest.mark.promise("3.10-13")
BEGINS: dict[Season, Begin] = {"spring": (3, 21), "summer": (6, 22), "fall": (9, 22), "winter": (12, 21)}
SEASONS: tuple[Season, ...] = ("winter", "spring", "summer", "fall")
PERCENT = st.floats(0, 100)
ENERGY = st.floats(0, 20_000)


def limits(season: Season = "winter", **more: Any) -> ColdLimits:  # whatever a limit may be
    told = {"day_wh": 7000.0, "two_days_wh": 12_000.0, "morning_wh": 4000.0, "good_pct": 30.0}
    return ColdLimits(season=season, **{**told, **more})


@pytest.mark.parametrize(
    ("today_wh", "yesterday_wh", "gloom_pct", "wanted_wh"),
    [
        (7000, 0, 100, 0),  # a warm day
        (1000, 2000, 10, 4000),  # two cold days and sun to come: no more than a morning's worth
        (5000, 6500, 10, 500),  # … no more than two days lack
        (6500, 5000, 10, 500),  # … no more than the day lacks
        (1000, 2000, 100, 6000),  # two cold days and no sun to come: all of it
        (1000, 2000, 50, 3000 + 1500),  # a morning's worth, and of the rest what the sun leaves
        (5000, 2000, 50, 1000),  # the morning is safe: of the rest what the sun leaves
    ],
)
@pytest.mark.parametrize("season", SEASONS)
def test_after_two_cold_days(
    season: Season, today_wh: float, yesterday_wh: float, gloom_pct: float, wanted_wh: float
) -> None:
    assert lacking_wh(limits(season), today_wh, yesterday_wh, gloom_pct) == pytest.approx(wanted_wh)


@pytest.mark.parametrize(
    ("season", "gloom_pct", "wanted_wh"),
    [("winter", 60, 5000), ("winter", 20, 0), ("spring", 60, 3000), ("fall", 60, 3000), ("summer", 100, 0)],
)
def test_after_one_cold_day_the_season_and_the_forecast_decide(
    season: Season, gloom_pct: float, wanted_wh: float
) -> None:
    assert lacking_wh(limits(season), 2000, 14_000, gloom_pct) == pytest.approx(wanted_wh)


def test_the_plain_rule_of_an_afternoon() -> None:
    """Less than 2 kWh today and 4 kWh on two days: fill up to 2 kWh."""
    plain = limits("summer", day_wh=2000.0, two_days_wh=4000.0, morning_wh=2000.0)
    assert lacking_wh(plain, 500, 1000, 100) == 1500
    assert lacking_wh(plain, 500, 3600, 100) == 0
    assert lacking_wh(plain, 2000, 0, 100) == 0


@given(st.sampled_from(SEASONS), ENERGY, ENERGY, PERCENT)
def test_it_never_gets_more_than_a_day_is_worth(
    season: Season, today_wh: float, yesterday_wh: float, gloom_pct: float
) -> None:
    wanted_wh = lacking_wh(limits(season), today_wh, yesterday_wh, gloom_pct)
    assert 0 <= wanted_wh <= max(0.0, 7000 - today_wh) + 1e-6


@given(ENERGY, ENERGY)
def test_after_two_cold_days_without_sun_to_come_the_morning_is_safe(today_wh: float, yesterday_wh: float) -> None:
    if today_wh + yesterday_wh < 12_000:
        assert today_wh + lacking_wh(limits(), today_wh, yesterday_wh, 100) >= 4000


@pytest.mark.parametrize(
    ("day", "season"),
    [
        ((1, 1), "winter"),
        ((3, 20), "winter"),
        ((3, 21), "spring"),
        ((6, 22), "summer"),
        ((9, 21), "summer"),
        ((9, 22), "fall"),
        ((12, 21), "winter"),
        ((12, 31), "winter"),
    ],
)
def test_a_season_lasts_until_the_next_begins(day: Begin, season: Season) -> None:
    assert season_of(date(2026, *day), BEGINS) == season

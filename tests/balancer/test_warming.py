"""The daily look at a water heater: at its hour, by the clock, once a day, and made good when it was missed."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from common.config import SiteSettings
from common.contract import FORECAST, Forecast, ForecastSlot
from services.balancer.config import Config, DevicePolicy
from services.balancer.loads.stored import Stored
from services.balancer.loads.warmth import Past, Warmth
from services.balancer.memory import KEY, keep, recall
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.balancer.switchboard import LoadBook
from services.balancer.warming import look_at_hot_water
from services.balancer.water_settings import HotWater
from tests.balancer.stage import Stage, folder_store, staged

MINUTES = 60.0
PARIS = SiteSettings(timezone="Europe/Paris")
ZONE = ZoneInfo("Europe/Paris")
HALF_PAST = time(11, 30)
"""The stage's clock begins at 11:00, on 18 April."""
SMALL: dict[str, Any] = {
    "morning_wh": 300,
    "full_wh": 2000,
    **{season: {"day_wh": 600, "two_days_wh": 1000} for season in ("winter", "spring", "summer", "fall")},
}
"""A heater that is warm with 600 Wh."""


def heater(check_at: time = HALF_PAST, **more: Any) -> DevicePolicy:  # whatever may be told about hot water
    told = HotWater.model_validate({**SMALL, "check_at": check_at, **more})
    return DevicePolicy(want="surplus", power_w=2000, hot_water=told)


def config(policy: DevicePolicy, **more: Any) -> Config:  # whatever the balancer's section takes
    return Config(order=("boiler",), devices={"boiler": policy}, **more)


def play(story: Callable[[Stage], Any], policy: DevicePolicy, **more: Any) -> None:  # whatever a stage takes
    staged(story, config(policy), site=PARIS, **{"switches": {"boiler": {}}, "period_s": 5.0, **more})


@pytest.mark.promise("3.10-13")
def test_a_heater_that_stayed_cold_is_filled_at_its_hour() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(29 * MINUTES)
        assert not stage.switches["boiler"].on
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.last("decision/boiler")["reason"].startswith("heats what the sun did not: 600 Wh")
        await stage.play(20 * MINUTES)
        assert stage.switches["boiler"].drawn_wh == pytest.approx(600, abs=20)
        assert not stage.switches["boiler"].on
        await stage.play(30 * MINUTES)
        assert stage.last("decision/boiler")["rule"] == "no_room"
        assert stage.switches["boiler"].drawn_wh == pytest.approx(600, abs=20)
        assert stage.alerts() == {}

    play(story, heater())


@pytest.mark.promise("3.10-13")
def test_one_that_the_sun_has_warmed_gets_nothing() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -2500
        await stage.play(22 * MINUTES)
        stage.load_w = 500
        assert stage.switches["boiler"].drawn_wh > 600
        await stage.play(30 * MINUTES)
        assert not stage.switches["boiler"].on

    play(story, heater())


@pytest.mark.promise("3.10-13")
def test_one_whose_thermostat_opened_today_is_warm() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -2500
        await stage.play(3 * MINUTES)
        stage.switches["boiler"].draw(0.0)
        await stage.play(5 * MINUTES)
        stage.load_w = 500
        stage.switches["boiler"].draw(2000.0)
        await stage.play(40 * MINUTES)
        assert stage.switches["boiler"].drawn_wh < 200
        assert stage.mind.switchboard.book("boiler").warmth.owed_wh == 0

    play(story, heater())


@pytest.mark.promise("3.10-13")
def test_sun_to_come_leaves_less_to_the_grid() -> None:
    """After two cold days, a good forecast: a morning's worth and no more."""

    async def story(stage: Stage) -> None:
        bus, now_ms = stage.bus("ems-forecaster"), stage.clock.wall_ms()
        for kind, power_w in (("pv", 4000), ("load", 300)):
            slot = ForecastSlot(start_ms=now_ms, end_ms=now_ms + 40 * 3_600_000, p50_w=power_w)
            await bus.publish(FORECAST.at(kind), Forecast(issued_ms=now_ms, slots=(slot,)))
        await stage.play(60 * MINUTES)
        assert stage.switches["boiler"].drawn_wh == pytest.approx(300, abs=20)

    play(story, heater())


@pytest.mark.promise("3.10-13")
@pytest.mark.parametrize(("mode", "on", "rule"), [("off", False, "put_to_rest"), ("day_night", True, "low_tariff")])
def test_in_other_modes_the_sun_and_the_look_have_no_say(mode: str, on: bool, rule: str) -> None:
    """18 April 2026 is a Saturday, and cheap all day."""

    async def story(stage: Stage) -> None:
        await stage.play(2)
        stage.ask("hot_water_mode/boiler", mode)
        await stage.play(10)
        assert stage.switches["boiler"].on is on
        assert stage.last("decision/boiler")["rule"] == rule
        stage.load_w = -2500
        await stage.play(35 * MINUTES)
        assert stage.switches["boiler"].on is on
        assert stage.mind.switchboard.book("boiler").warmth.owed_wh == 0
        stage.ask("hot_water_mode/boiler", "solar")
        await stage.play(6 * MINUTES)
        assert stage.last("decision/boiler")["rule"] in ("surplus", "overcharge")

    play(story, heater())


def test_in_dear_hours_the_contactor_is_open() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -2500
        await stage.play(2)
        stage.ask("hot_water_mode/boiler", "day_night")
        await stage.play(5 * MINUTES)
        assert not stage.switches["boiler"].on
        assert stage.last("decision/boiler")["reason"] == "rests until the low-tariff hours"

    told = Config.model_validate(
        {"order": ("boiler",), "devices": {"boiler": heater()}, "peak_hours": {"days": ["sat"]}}, strict=False
    )
    staged(story, told, site=PARIS, switches={"boiler": {}})


@pytest.mark.promise("3.10-13")
def test_a_dimmed_heater_is_filled_with_all_it_can() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(31 * MINUTES)
        assert stage.batteries["boiler"].power_w == 2500
        await stage.play(29 * MINUTES)
        assert stage.mind.switchboard.book("boiler").stored.energy_wh == pytest.approx(600, abs=20)
        assert stage.batteries["boiler"].power_w == 0

    told = DevicePolicy(want="surplus", hot_water=HotWater.model_validate({**SMALL, "check_at": HALF_PAST}))
    staged(story, config(told), site=PARIS, boiler={"kind": "load", "least_w": 100.0})


@pytest.mark.promise("3.10-14")
def test_an_hour_that_passes_while_nothing_is_heard_is_not_lost() -> None:
    """The older program looked only when a message came on either side of the hour."""

    async def story(stage: Stage) -> None:
        await stage.play(20 * MINUTES)
        stage.meter.silent = True
        await stage.play(20 * MINUTES)
        assert stage.mind.switchboard.book("boiler").warmth.owed_wh > 500, "the clock needs no message"
        assert not stage.switches["boiler"].on, "without a meter nothing is ordered"
        stage.meter.silent = False
        await stage.play(25 * MINUTES)
        assert stage.switches["boiler"].drawn_wh == pytest.approx(600, abs=20)

    play(story, heater())


@pytest.mark.promise("3.10-14")
@pytest.mark.promise("3.10-17")
def test_an_hour_that_passes_while_nothing_runs_is_not_lost() -> None:
    async def story(first: Stage) -> None:
        switches = {"boiler": {"silent": True}}
        with folder_store(first.clock) as kept:
            before = Stage(first.clock, first.store, first.config, kept=kept, site=PARIS, switches=switches)
            async with before:
                await before.play(60)
            await first.clock.sleep(90 * MINUTES)
            mind = Mind(first.config, PARIS, SettingsBook(first.config))
            recall(mind, kept.get(KEY))
            assert mind.switchboard.book("boiler").warmth.owed_wh == 0
            after = Stage(first.clock, first.store, first.config, site=PARIS, switches={"boiler": {}}, epoch=2)
            recall(after.mind, kept.get(KEY))
            async with after:
                await after.play(25 * MINUTES)
                assert after.switches["boiler"].drawn_wh == pytest.approx(600, abs=20)

    staged(story, config(heater()), enter=False, switches={"boiler": {}})


@pytest.mark.promise("3.10-17")
def test_what_is_owed_survives_a_restart() -> None:
    told = config(heater())
    before, after = (Mind(told, PARIS, SettingsBook(told)) for _ in range(2))
    warmth = Warmth((Past(5, 400.0, False), Past(6, 2000.0, True)), 7, 480.0, 1234.0)
    before.switchboard.books["boiler"] = LoadBook(stored=Stored(day=7, was_full=True), warmth=warmth)
    recall(after, keep(before))
    assert after.switchboard.book("boiler").warmth == warmth
    assert after.switchboard.book("boiler").stored.was_full


def test_a_heater_that_cannot_be_filled_is_told_about() -> None:
    async def story(stage: Stage) -> None:
        stage.switches["boiler"].obeys = False
        await stage.play(95 * MINUTES)
        text = stage.alerts()["cold_boiler"]["text"]
        assert text == "boiler stays cold: of what the sun did not bring 600 Wh are still missing."

    play(story, heater())


class Looks:
    """Looks at one heater over days of wall time, in a mind without a bus."""

    def __init__(self, check_at: time, **past: Any) -> None:  # fields of a load's book
        self.config = config(heater(check_at))
        self.mind = Mind(self.config, PARIS, SettingsBook(self.config))
        self.mind.switchboard.books["boiler"] = LoadBook(**past)
        self.times: list[datetime] = []

    def over(self, start: datetime, hours: float, step_minutes: float = 10) -> "Looks":
        now = start.astimezone(UTC)
        for step in range(int(hours * 60 / step_minutes)):
            local = (now + timedelta(minutes=step * step_minutes)).astimezone(ZONE)
            if look_at_hot_water(self.mind, local, local.timestamp()):
                self.times.append(local)
        return self

    @property
    def owed_wh(self) -> float:
        return self.mind.switchboard.book("boiler").warmth.owed_wh


@pytest.mark.promise("3.10-13")
@pytest.mark.parametrize("month_day", [(3, 28), (10, 24)], ids=["an hour is skipped", "an hour comes twice"])
def test_it_is_looked_at_once_a_day_also_when_the_clocks_change(month_day: tuple[int, int]) -> None:
    looks = Looks(time(2, 30)).over(datetime(2026, *month_day, tzinfo=ZONE), 96)
    days = [when.date() for when in looks.times[1:]]
    assert len(days) == len(set(days)) == 4
    apart_h = [(b - a).total_seconds() / 3600 for a, b in pairwise(looks.times[1:])]
    assert all(22.5 <= hours <= 25.5 for hours in apart_h)


def test_the_first_look_ever_knows_nothing_and_asks_for_nothing() -> None:
    assert Looks(time(1)).over(datetime(2026, 4, 18, 12, tzinfo=ZONE), 1).owed_wh == 0


DAY = datetime(2026, 4, 18, tzinfo=ZONE).toordinal()


@pytest.mark.parametrize(
    ("at_hour", "today_wh", "later_wh", "owed_wh"), [(1.5, 100, None, 500), (9, 100, 0, 500), (9, 100, 450, 50)]
)
def test_a_late_look_is_about_the_day_in_which_its_hour_fell(
    at_hour: float, today_wh: float, later_wh: float | None, owed_wh: float
) -> None:
    """Due at 01:00, before the day ended at 06:00. What the sun has brought since is not asked for again."""
    past = (Past(DAY - 1, today_wh, False),)
    if later_wh is None:
        looks = Looks(time(1), stored=Stored(day=DAY - 1, energy_wh=today_wh), warmth=Warmth(looked=DAY - 1))
    else:
        stored = Stored(day=DAY, energy_wh=later_wh)
        looks = Looks(time(1), stored=stored, warmth=Warmth(past, looked=DAY - 1))
    looks.over(datetime(2026, 4, 18, tzinfo=ZONE) + timedelta(hours=at_hour), 0.2)
    assert looks.owed_wh == pytest.approx(owed_wh)


def test_yesterday_was_warm_if_its_thermostat_opened() -> None:
    past = Warmth((Past(DAY - 2, 100.0, True),), looked=DAY - 1)
    looks = Looks(time(1), stored=Stored(day=DAY - 1, energy_wh=300.0), warmth=past)
    looks.over(datetime(2026, 4, 18, 1, 5, tzinfo=ZONE), 0.2)
    assert looks.owed_wh == pytest.approx(300), "spring, no forecast: what today lacks"

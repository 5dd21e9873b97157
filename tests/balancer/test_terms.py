"""What a device may do and needs, told to whoever plans."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, time
from typing import Any

from common.config import SiteSettings
from services.balancer.config import Config
from tests.balancer.stage import Stage, staged

NEEDED = {"want": "needed", "need_wh": 4000, "power_w": 2000, "ready_by": time(20), "min_on_s": 600}
BATTERY = {"reserve_soc_pct": 20, "ceiling_soc_pct": 90, "max_discharge_w": 800, "round_trip_pct": 81}
CONFIG = Config.model_validate({"order": ("boiler", "garage"), "devices": {"boiler": NEEDED, "garage": BATTERY}})
PARIS = SiteSettings(timezone="Europe/Paris")
"""Where it is eleven on an April morning when a play begins."""


def play(story: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
    """With a meter that comes each five seconds, because hours pass."""
    staged(story, CONFIG, site=PARIS, period_s=5.0, switches={"boiler": {}}, garage={"capacity_wh": 5000})


def test_a_battery_tells_its_limits_within_those_of_its_owner() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(15)
        told = stage.last("terms/garage")
        assert (told["kind"], told["min_w"], told["max_w"]) == ("battery", -800, 2500)
        assert (told["capacity_wh"], told["round_trip_pct"]) == (5000, 81)
        assert (told["reserve_soc_pct"], told["ceiling_soc_pct"]) == (20, 90)
        stage.ask("reserve_soc_pct/garage", "50")
        await stage.play(15)
        assert stage.last("terms/garage")["reserve_soc_pct"] == 50

    play(story)


def test_a_load_tells_what_it_still_needs_and_by_when() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -2500
        await stage.play(15)
        told = stage.last("terms/boiler")
        assert (told["kind"], told["is_needed"], told["power_w"], told["min_on_s"]) == ("load", True, 2000, 600)
        assert (told["need_wh"], told["daily_wh"]) == (4000, 4000)
        assert told["ready_by_ms"] == 1000 * datetime(2026, 4, 18, 18, tzinfo=UTC).timestamp()
        await stage.play(300)
        assert stage.last("terms/boiler")["need_wh"] in range(3780, 3960)

    play(story)


def test_the_terms_are_told_again_each_minute_and_not_more_often() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(300)
        assert len(stage.heard("terms/garage")) == 5

    play(story)


def test_who_cannot_be_commanded_has_no_terms() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(15)
        await stage.batteries["garage"].reach("offline")
        before = len(stage.heard("terms/garage"))
        await stage.play(60)
        assert len(stage.heard("terms/garage")) == before
        stage.ask("mode", "off")
        await stage.play(5)
        before = len(stage.heard("terms/boiler"))
        await stage.play(60)
        assert len(stage.heard("terms/boiler")) == before

    play(story)

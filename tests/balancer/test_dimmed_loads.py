"""Loads that take any power up to a limit: dosed before the batteries below them, and never fed by one."""

from datetime import time
from typing import Any

import pytest

from common.config import SiteSettings
from common.lease import Limits
from services.balancer.config import Config, DevicePolicy
from tests.balancer.stage import Stage, staged

HEATER: dict[str, Any] = {"kind": "load", "limits": Limits(0.0, 2400.0), "least_w": 100.0, "delay_s": 0.2}
MINUTES = 60.0


def policy(**more: Any) -> DevicePolicy:  # whatever a load may be told
    return DevicePolicy.model_validate({"want": "surplus", **more})


def play(story: Any, order: tuple[str, ...], heater: DevicePolicy, **crew: Any) -> None:  # a story, and a crew
    staged(story, Config(order=order, devices={"heater": heater}), heater=HEATER, **crew)


def test_it_takes_the_surplus_and_the_battery_below_what_is_left() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(30)
        assert stage.batteries["heater"].power_w == pytest.approx(1500, abs=10)
        assert stage.last("decision/heater")["reason"] == "takes 1,500 W of surplus"
        stage.load_w = -3000
        await stage.play(30)
        assert stage.batteries["heater"].power_w == 2400
        assert stage.batteries["garage"].power_w == pytest.approx(600, abs=10)
        assert stage.energy.power_w == pytest.approx(0, abs=10)

    play(story, ("heater", "garage"), policy(), garage={})


def test_no_battery_feeds_it() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(30)
        stage.load_w = 700
        await stage.play(30)
        assert stage.batteries["heater"].power_w == 0
        assert stage.batteries["garage"].power_w == pytest.approx(-700, abs=10)
        assert stage.last("decision/heater")["reason"] == "waits for surplus"

    play(story, ("heater", "garage"), policy(), garage={})


def test_below_its_lowest_level_it_is_off_and_the_battery_takes_it_all() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -80
        await stage.play(60)
        assert stage.batteries["heater"].power_w == 0
        assert stage.batteries["garage"].power_w == pytest.approx(80, abs=10)

    play(story, ("heater", "garage"), policy(), garage={})


def test_the_batteries_charge_may_go_first() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(30)
        assert stage.batteries["garage"].power_w == pytest.approx(1500, abs=10)
        stage.batteries["garage"].soc_pct = 90
        await stage.play(30)
        assert stage.batteries["heater"].power_w == pytest.approx(1500, abs=10)

    play(story, ("heater", "garage"), policy(battery_first_pct=80), garage={"soc_pct": 50.0})


def test_a_forced_one_runs_fully_and_a_needed_one_rests_when_it_has_its_fill() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(30)
        assert stage.batteries["heater"].power_w == 0
        stage.ask("force_minutes/heater", "3")
        await stage.play(60)
        assert stage.batteries["heater"].power_w == 2400
        assert stage.batteries["garage"].power_w == pytest.approx(-2500, abs=10)
        assert stage.last("decision/heater")["rule"] == "forced_on"
        await stage.play(3 * MINUTES)
        stage.load_w = -3000
        await stage.play(5 * MINUTES)
        assert stage.last("decision/heater")["rule"] == "satisfied"
        assert stage.batteries["heater"].power_w == 0

    play(story, ("heater", "garage"), policy(want="needed", need_wh=150), garage={})


@pytest.mark.promise("3.10-10")
def test_it_is_forced_to_a_power_for_a_time_or_until_that_is_taken_back() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(10)
        stage.ask("force_power_w/heater", "800")
        await stage.play(20)
        assert stage.batteries["heater"].power_w == pytest.approx(800, abs=2)
        assert stage.last("decision/heater")["rule"] == "forced_on"
        await stage.play(60 * MINUTES)
        assert stage.batteries["heater"].power_w == pytest.approx(800, abs=2), "no end was asked for"
        stage.ask("force_minutes/heater", "5")
        await stage.play(4 * MINUTES)
        assert stage.batteries["heater"].power_w == pytest.approx(800, abs=2)
        await stage.play(2 * MINUTES)
        assert stage.batteries["heater"].power_w == 0
        assert stage.last("setting/force_power_w/heater") == "0"
        stage.ask("force_power_w/heater", "9000")
        await stage.play(20)
        assert stage.batteries["heater"].power_w == 2400, "what it can"
        stage.ask("force_power_w/heater", "")
        await stage.play(20)
        assert stage.batteries["heater"].power_w == 0

    play(story, ("heater", "garage"), policy(), garage={})


def test_one_that_is_full_takes_nothing_more_today() -> None:
    """Told 1,500 W it draws nothing: its thermostat is open."""

    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(2 * MINUTES)
        stage.batteries["heater"].does = lambda setpoint_w: 0.0
        stage.batteries["heater"].power_w = 0.0
        await stage.play(5 * MINUTES)
        assert stage.alerts() == {}
        assert stage.batteries["garage"].power_w == pytest.approx(1500, abs=10)

    play(story, ("heater", "garage"), policy(), garage={})


def test_beside_a_manual_power_of_the_batteries_it_rests() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(5)
        stage.load_w = -2000
        stage.ask("manual_power_w", "500")
        await stage.play(30)
        assert stage.batteries["garage"].power_w == pytest.approx(500, abs=5)
        assert stage.batteries["heater"].power_w == 0

    play(story, ("heater", "garage"), policy(), garage={})


def test_a_needed_one_has_its_fill_in_time_with_the_batteries_help() -> None:
    """300 Wh by 11:40, at 11:00, without sun: it runs fully as late as it can."""

    async def story(stage: Stage) -> None:
        await stage.play(40 * MINUTES)
        assert stage.last("decision/heater")["rule"] == "satisfied"
        assert stage.mind.switchboard.book("heater").stored.energy_wh == pytest.approx(300, abs=15)

    told = policy(want="needed", need_wh=300, ready_by=time(11, 40))
    config = Config(order=("heater", "garage"), devices={"heater": told})
    staged(story, config, site=SiteSettings(timezone="Europe/Paris"), heater=HEATER, garage={})

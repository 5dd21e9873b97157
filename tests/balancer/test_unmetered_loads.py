"""Loads without a meter of their own: the house's meter shows what they draw, and when they stop."""

from typing import Any

import pytest

from common.config import SiteSettings
from common.lease import Limits
from services.balancer.config import Config, DevicePolicy
from services.balancer.memory import KEY, recall
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.balancer.stage import Stage, folder_store, staged

MINUTES = 60.0
SUN = -3000.0


def load(**more: Any) -> DevicePolicy:  # whatever a load may be told
    return DevicePolicy.model_validate({"want": "surplus", **more})


def play(story: Any, policy: DevicePolicy, *, draws_w: float = 2000.0, **more: Any) -> None:  # whatever a stage takes
    config = Config(order=("boiler", "garage"), devices={"boiler": policy})
    staged(story, config, switches={"boiler": {"draws_w": draws_w, "measures": False}}, **{"garage": {}, **more})


@pytest.mark.promise("3.10-03")
def test_a_load_of_unknown_power_is_tried_and_what_it_draws_is_learnt_from_the_house_s_meter() -> None:
    """It draws 600 W; nobody has said so, and it has no meter."""

    async def story(stage: Stage) -> None:
        stage.load_w = -700
        await stage.play(5 * MINUTES)
        assert not stage.switches["boiler"].on, "it is taken for 1,000 W"
        stage.load_w = -1500
        await stage.play(3 * MINUTES)
        assert stage.switches["boiler"].on
        assert stage.mind.switchboard.book("boiler").steps.power_w == pytest.approx(600, abs=15)
        stage.load_w = 500
        await stage.play(8 * MINUTES)
        assert not stage.switches["boiler"].on
        stage.load_w = -700
        await stage.play(2 * MINUTES)
        assert stage.switches["boiler"].on, "700 W are enough for what it really draws"
        assert stage.last("decision/boiler")["target_w"] == pytest.approx(600, abs=15)
        assert stage.energy.power_w == pytest.approx(0, abs=30)

    play(story, load(), draws_w=600.0)


@pytest.mark.promise("3.10-17")
def test_what_was_learnt_of_it_survives_a_restart() -> None:
    async def story(first: Stage) -> None:
        with folder_store(first.clock) as kept:
            switches = {"boiler": {"draws_w": 600.0, "measures": False}}
            before = Stage(first.clock, first.store, first.config, kept=kept, switches=switches)
            async with before:
                before.load_w = -1500
                await before.play(5 * MINUTES)
                learnt_w = before.mind.switchboard.book("boiler").steps.power_w
            mind = Mind(first.config, SiteSettings(), SettingsBook(first.config))
            recall(mind, kept.get(KEY))
            assert learnt_w == pytest.approx(600, abs=15)
            assert mind.switchboard.book("boiler").steps.power_w == pytest.approx(learnt_w, abs=1)

    config = Config(order=("boiler",), devices={"boiler": load()})
    staged(story, config, enter=False, switches={"boiler": {}})


@pytest.mark.promise("3.10-12")
def test_a_thermostat_that_opens_is_noticed_on_the_house_s_meter_and_its_share_goes_on() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(12 * MINUTES)
        boiler = stage.switches["boiler"]
        assert boiler.on
        boiler.draw(0.0)
        await stage.play(1 * MINUTES)
        assert not boiler.on
        assert "tested" in {said.body["rule"] for said in stage.heard("decision/boiler", 700)}
        assert stage.batteries["garage"].power_w == pytest.approx(2500, abs=20), "what it can"
        await stage.play(12 * MINUTES)
        assert stage.last("decision/boiler")["rule"] == "satisfied"
        boiler.draw(2000.0)
        await stage.play(20 * MINUTES)
        assert stage.last("decision/boiler")["rule"] == "satisfied"
        assert not boiler.on

    play(story, load(power_w=2000))


def test_a_kettle_of_its_size_is_no_thermostat() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN - 2000
        await stage.play(12 * MINUTES)
        for _ in range(3):
            stage.load_w = SUN
            await stage.play(1 * MINUTES)
            stage.load_w = SUN - 2000
            await stage.play(4 * MINUTES)
        assert stage.switches["boiler"].on
        assert len(stage.switches["boiler"].switched) == 1

    play(story, load(power_w=2000))


def test_an_appliance_of_its_size_that_ran_before_costs_a_short_test_and_no_more() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(12 * MINUTES)
        stage.load_w = SUN - 2000
        await stage.play(1 * MINUTES)
        assert "tested" in {said.body["rule"] for said in stage.heard("decision/boiler", 700)}
        await stage.play(8 * MINUTES)
        assert stage.switches["boiler"].on, "it drew when it was switched off, so it is not full"
        assert len(stage.switches["boiler"].switched) == 3

    play(story, load(power_w=2000))


def test_one_that_draws_nothing_from_the_start_is_full_when_that_is_seen_twice() -> None:
    async def story(stage: Stage) -> None:
        stage.switches["boiler"].draw(0.0)
        stage.load_w = SUN
        await stage.play(12 * MINUTES)
        assert stage.last("decision/boiler")["rule"] == "satisfied"

    play(story, load(power_w=2000))


@pytest.mark.promise("3.10-11")
def test_what_it_takes_up_is_reckoned_with_what_it_is_known_to_draw() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = SUN
        await stage.play(45 * MINUTES)
        assert stage.last("decision/boiler")["rule"] == "satisfied"
        assert stage.switches["boiler"].drawn_wh == pytest.approx(1000, abs=20)
        assert stage.last("decision/boiler")["taken_wh"] == pytest.approx(1000, abs=20)

    play(story, load(want="needed", need_wh=1000, power_w=2000))


def test_a_load_nobody_learns_the_power_of_is_told_about() -> None:
    """It draws something else each time, and nobody has written down how much."""

    async def story(stage: Stage) -> None:
        for draws_w in (300.0, 900.0, 1700.0):
            stage.switches["boiler"].draw(draws_w)
            stage.load_w = SUN
            await stage.play(8 * MINUTES)
            stage.load_w = 500
            await stage.play(8 * MINUTES)
        told = stage.alerts()["power_boiler"]
        assert told["text"].startswith("boiler draws something else each time it is on")
        assert "power_w" in told["advice"]

    play(story, load())


HEATER: dict[str, Any] = {
    "kind": "load",
    "limits": Limits(0.0, 2400.0),
    "least_w": 100.0,
    "delay_s": 0.2,
    "measures": False,
}


def play_dimmed(story: Any, **more: Any) -> None:  # a story, and whatever a stage takes
    config = Config(order=("heater", "garage"), devices={"heater": load()})
    staged(story, config, heater=HEATER, **{"garage": {}, **more})


def test_a_dimmer_without_a_meter_follows_the_sun() -> None:
    async def story(stage: Stage) -> None:
        for load_w in (-1500.0, -900.0, -2200.0, 400.0):
            stage.load_w = load_w
            await stage.play(30)
            assert stage.batteries["heater"].power_w == pytest.approx(max(0.0, -load_w), abs=5)
            assert stage.energy.power_w == pytest.approx(0, abs=10)
        assert stage.alerts() == {}

    play_dimmed(story)


@pytest.mark.promise("3.10-12")
@pytest.mark.promise("3.10-22")
def test_a_dimmer_whose_thermostat_opens_does_not_wind_up_and_is_asked_no_more_today() -> None:
    """Its power is raised without effect: that is noticed, tried once, and its share goes to the battery."""

    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(2 * MINUTES)
        heater = stage.batteries["heater"]
        heater.does = lambda setpoint_w: 0.0
        heater.power_w = 0.0
        await stage.play(1 * MINUTES)
        assert stage.last("decision/heater")["rule"] == "satisfied"
        assert heater.told[-1][1] == 0
        assert stage.batteries["garage"].power_w == pytest.approx(1500, abs=10)
        heater.does = lambda setpoint_w: setpoint_w
        await stage.play(30 * MINUTES)
        assert heater.power_w == 0
        assert stage.energy.power_w == pytest.approx(0, abs=10)

    play_dimmed(story)


@pytest.mark.promise("3.10-11")
def test_what_a_dimmer_without_a_meter_takes_up_is_what_it_was_told() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(20 * MINUTES)
        assert stage.last("decision/heater")["taken_wh"] == pytest.approx(500, abs=10)

    play_dimmed(story)

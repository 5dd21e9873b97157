"""Loads that follow a wish from outside: on while it is asked for, within minimum times and the connection."""

from itertools import pairwise
from typing import Any

import pytest

from common.config import SiteSettings
from common.contract import REQUEST_STATE, RequestState
from common.lease import Limits
from services.balancer.config import Config, DevicePolicy
from tests.balancer.stage import Stage, staged

MINUTES = 60.0


class Hall:
    """A thermostat that says its wish again each 20 s, as the bridge of requests does."""

    def __init__(self, stage: Stage, **wish: Any) -> None:  # fields of a wish
        self._bus = stage.bus("ems-relay")
        self.wish: RequestState | None = RequestState(**wish)
        stage.start(self._tell())

    async def _tell(self) -> None:
        async for _ in self._bus.clock.every(20.0):
            await self.say()

    async def say(self, **wish: Any) -> None:  # fields of a wish
        """The same, or something new."""
        self.wish = RequestState(**wish) if wish else self.wish
        if self.wish is not None:
            await self._bus.publish(REQUEST_STATE.at("hall"), self.wish)


def radiator(**more: Any) -> DevicePolicy:  # whatever a load may be told
    return DevicePolicy.model_validate(
        {"want": "thermostat", "request": "hall", "power_w": 1000, "min_on_s": 60, "min_off_s": 60, **more}
    )


def play(story: Any, **more: Any) -> None:  # a story, and whatever a stage takes
    config = Config(order=("radiator", "garage"), devices={"radiator": radiator()})
    crew: dict[str, Any] = {"switches": {"radiator": {"draws_w": 1000.0}}, "garage": {}, **more}
    staged(story, config, **crew)


def test_it_is_on_while_it_is_asked_for_and_the_battery_feeds_it() -> None:
    async def story(stage: Stage) -> None:
        hall = Hall(stage, on=True)
        await stage.play(30)
        assert stage.switches["radiator"].on
        assert stage.last("decision/radiator")["reason"] == "is on: its thermostat asks for heat"
        assert stage.batteries["garage"].power_w == pytest.approx(-1500, abs=10)
        await stage.play(60)
        await hall.say(on=False)
        await stage.play(5)
        assert not stage.switches["radiator"].on
        assert stage.last("decision/radiator")["rule"] == "not_asked"

    play(story)


def test_its_minimum_times_are_kept_whatever_is_asked_for() -> None:
    async def story(stage: Stage) -> None:
        hall = Hall(stage, on=True)
        for _ in range(60):
            await stage.play(10)
            await hall.say(on=not (hall.wish and hall.wish.on))
        times = [at_s for at_s, _ in stage.switches["radiator"].switched]
        assert len(times) >= 4
        assert min(after - before for before, after in pairwise(times)) >= 58

    play(story)


def test_a_wish_that_nobody_has_heard_lately_is_none_and_the_owner_is_told() -> None:
    async def story(stage: Stage) -> None:
        hall = Hall(stage, on=True)
        await stage.play(90)
        assert stage.switches["radiator"].on
        assert stage.alerts() == {}
        hall.wish = None
        await stage.play(130)
        assert not stage.switches["radiator"].on
        assert "hall, whose wish it follows, has said nothing lately" in stage.alerts()["wish_radiator"]["text"]
        await hall.say(on=True)
        await stage.play(60)
        assert stage.switches["radiator"].on
        assert stage.alerts() == {}

    play(story)


def test_temperatures_are_a_wish_as_well() -> None:
    async def story(stage: Stage) -> None:
        hall = Hall(stage, target_c=21.0, current_c=19.5)
        await stage.play(70)
        assert stage.switches["radiator"].on
        await hall.say(target_c=21.0, current_c=21.1)
        await stage.play(5)
        assert not stage.switches["radiator"].on

    play(story)


def test_the_connection_goes_before_the_thermostat() -> None:
    async def story(stage: Stage) -> None:
        Hall(stage, on=True)
        await stage.play(90)
        assert not stage.switches["radiator"].on
        assert stage.last("decision/radiator")["bound_by"] == "import_limit"

    play(story, site=SiteSettings(max_import_w=900), garage={"soc_pct": 5.0})


def test_a_dimmed_load_follows_a_thermostat_with_all_it_can() -> None:
    async def story(stage: Stage) -> None:
        Hall(stage, on=True)
        await stage.play(30)
        assert stage.batteries["heater"].power_w == 2400

    heater: dict[str, Any] = {"kind": "load", "limits": Limits(0.0, 2400.0), "least_w": 100.0}
    staged(story, Config(order=("heater",), devices={"heater": radiator()}), heater=heater)

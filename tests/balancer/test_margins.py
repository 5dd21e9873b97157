"""Margin, dead band and shortest time between decisions: as the owner sets them, and none of them unless he does."""

from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from common.config import SiteSettings
from common.lease import Limits
from services.balancer.config import Config, DevicePolicy
from tests.balancer.stage import Stage, staged

MINUTES = 60.0
HEATER: dict[str, Any] = {"kind": "load", "limits": Limits(0.0, 2400.0), "least_w": 100.0, "delay_s": 0.2}


def house(*order: str, **more: Any) -> Config:  # whatever the balancer's section takes
    loads = {name: DevicePolicy(want="surplus", power_w=None if name == "heater" else 1000) for name in order}
    return Config.model_validate({"order": order, "devices": {**loads}, **more}, strict=False)


@pytest.mark.promise("3.10-06")
@pytest.mark.parametrize("margin_w", [0, 20, 200])
def test_loads_leave_the_margin_over(margin_w: float) -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(MINUTES)
        assert stage.batteries["heater"].power_w == pytest.approx(1500 - margin_w, abs=5)
        assert stage.energy.power_w == pytest.approx(-margin_w, abs=5)

    staged(story, house("heater", margin_w=margin_w), heater=HEATER)


@pytest.mark.promise("3.10-06")
def test_a_switched_load_wants_the_margin_beside_its_power() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1200
        await stage.play(5 * MINUTES)
        assert not stage.switches["pump"].on
        stage.load_w = -1300
        await stage.play(3 * MINUTES)
        assert stage.switches["pump"].on

    staged(story, house("pump", margin_w=200), switches={"pump": {"draws_w": 1000.0}})


def test_the_margin_is_the_loads_and_a_battery_takes_it() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(MINUTES)
        assert stage.batteries["garage"].power_w == pytest.approx(200, abs=5)
        assert stage.energy.power_w == pytest.approx(0, abs=5)

    config = Config(order=("heater", "garage"), devices={"heater": DevicePolicy(want="surplus")}, margin_w=200)
    staged(story, config, heater=HEATER, garage={})


@pytest.mark.promise("3.10-06")
@pytest.mark.parametrize(("band_w", "follows"), [(0, True), (100, False)])
def test_within_the_band_nothing_is_told_anew(band_w: float, follows: bool) -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(MINUTES)
        told = len(stage.batteries["heater"].told)
        stage.load_w = -1560
        await stage.play(2 * MINUTES)
        assert (len(stage.batteries["heater"].told) > told) is follows
        stage.load_w = -1700
        await stage.play(MINUTES)
        assert stage.batteries["heater"].power_w == pytest.approx(1700, abs=5), "beyond it everything is"

    staged(story, house("heater", band_w=band_w), heater=HEATER)


@pytest.mark.promise("3.10-06")
@pytest.mark.parametrize(("every_s", "apart_s"), [(0.0, 1.0), (2.5, 3.0), (5.0, 5.0)])
def test_decisions_are_no_closer_together_than_asked_for(every_s: float, apart_s: float) -> None:
    """The meter tells each second, and an unsteady house asks for something new each time."""

    async def story(stage: Stage) -> None:
        for step in range(60):
            stage.load_w = -1500 - 300 * (step % 2)
            await stage.play(1)
        states = stage.heard("balancer/main/state", 5)
        assert {round(b.at_s - a.at_s) for a, b in pairwise(states)} == {round(apart_s)}
        told = stage.batteries["heater"].told
        assert min(b - a for (a, _), (b, _) in pairwise(told)) >= apart_s - 0.2

    staged(story, house("heater", decide_every_s=every_s), heater=HEATER)


def test_leases_are_renewed_between_rare_decisions() -> None:
    async def story(stage: Stage) -> None:
        stage.load_w = -1500
        await stage.play(5 * MINUTES)
        assert stage.batteries["heater"].power_w == pytest.approx(1500, abs=5)
        assert None not in [power_w for _, power_w in stage.batteries["heater"].told[1:]]

    staged(story, house("heater", decide_every_s=10.0), heater=HEATER)


def test_a_limit_of_the_connection_is_kept_within_the_band() -> None:
    """900 W may be drawn: a band of 200 W is no reason to draw 1,000 W."""

    async def story(stage: Stage) -> None:
        stage.load_w = 400
        await stage.play(10)
        stage.ask("manual_power_w", "500")
        await stage.play(30)
        stage.load_w = 500
        await stage.play(MINUTES)
        assert stage.energy.power_w <= 905

    staged(story, Config(order=("garage",), band_w=200), site=SiteSettings(max_import_w=900), garage={})


@pytest.mark.parametrize(("key", "value"), [("margin_w", -1), ("band_w", 500), ("decide_every_s", 60)])
def test_what_makes_no_sense_is_refused(key: str, value: float) -> None:
    with pytest.raises(ValidationError, match=key):
        Config.model_validate({key: value})

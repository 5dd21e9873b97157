"""What can be read of each decision, by whomever listens."""

from typing import Any

import pytest

from common.lease import Limits
from services.balancer.config import Config, DevicePolicy
from tests.balancer.stage import Stage, staged

HEATER: dict[str, Any] = {"kind": "load", "limits": Limits(0.0, 2400.0), "least_w": 100.0, "delay_s": 0.2}
SPAN_S = 30.0


@pytest.mark.promise("3.10-19")
def test_each_reading_is_answered_with_the_figures_of_the_house_and_of_each_load() -> None:
    """An older program told nothing at all while it did not write to Domoticz; here nobody does."""

    async def story(stage: Stage) -> None:
        stage.load_w = -1800
        await stage.play(180)
        stage.ask("force_minutes/pump", "10")
        since_s = stage.now_s
        await stage.play(SPAN_S)
        told = stage.heard("balancer/main/state", since_s)
        measured_ms = [said.body["ts_ms"] for said in stage.heard("meter/p1/state", since_s)]
        assert [said.body["grid_ts_ms"] for said in told] == measured_ms[: len(told)]
        assert len(told) >= SPAN_S - 1
        house = told[-1].body
        assert house["grid_w"] == pytest.approx(stage.energy.power_w, abs=1)
        assert house["rest_w"] == pytest.approx(-1800, abs=15)
        assert house["loads_w"] == pytest.approx(600, abs=5)
        heater, pump = stage.last("decision/heater"), stage.last("decision/pump")
        assert pump["rule"] == "forced_on"
        assert heater["reason"] == "takes 1,200 W of surplus"
        assert heater["target_w"] == heater["power_w"] == pytest.approx(1200, abs=15)
        assert heater["taken_wh"] == pytest.approx(stage.batteries["heater"].power_w * stage.now_s / 3600, rel=0.2)

    loads = {"pump": DevicePolicy(want="surplus", power_w=600), "heater": DevicePolicy(want="surplus")}
    config = Config(order=("pump", "heater"), devices=loads)
    staged(story, config, switches={"pump": {"draws_w": 600.0}}, heater=HEATER)

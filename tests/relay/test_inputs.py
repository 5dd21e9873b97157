"""Wishes and cars from other programs' topics; and switches that cannot be asked."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from common.contract import EV_STATE, REQUEST_STATE
from services.relay.config import Config
from tests.relay.home import Home

HEAT = {"topic": "z/hall", "field": "running_state", "payload_yes": "heat", "payload_no": "idle"}


@pytest.mark.promise("1.10-09")
async def test_a_thermostats_wish_is_passed_on(home: Home) -> None:
    home.set(
        "requests", "hall", heat=HEAT, target_c={"topic": "z/hall", "field": "occupied_heating_setpoint"},
        current_c={"topic": "z/hall", "field": "local_temperature"},
    )  # fmt: skip
    await home.ready()
    home.says("z/hall", '{"running_state":"heat","occupied_heating_setpoint":21,"local_temperature":19.5}')
    await home.clock.sleep(2)
    said = home.heard(REQUEST_STATE, "hall")[-1]
    assert (said.on, said.target_c, said.current_c, said.quality) == (True, 21, 19.5, "good")
    home.says("z/hall", '{"running_state":"idle"}')
    await home.clock.sleep(2)
    said = home.heard(REQUEST_STATE, "hall")[-1]
    assert (said.on, said.current_c) == (False, 19.5)


async def test_whoever_looks_for_a_wire_finds_its_topics(home: Home) -> None:
    home.set("requests", "hall", heat=HEAT, current_c={"topic": "z/cellar"})
    home.set("plain", "pump", command_topic="plug/set", state_topic="plug/state", power={"topic": "clamp/power"})
    await home.ready()
    assert home.infos("hall", "request")[-1].topics == ("z/hall", "z/cellar")
    assert home.infos("pump", "switch")[-1].topics == ("plug/set", "plug/state", "clamp/power")


async def test_a_wish_is_passed_on_within_a_moment(home: Home) -> None:
    home.set("requests", "saving", value={"topic": "ha/saving"})
    await home.ready()
    for value in (1.0, 2.0):
        home.says("ha/saving", f"{value}")
        await home.clock.sleep(0.05)
        assert home.heard(REQUEST_STATE, "saving")[-1].value == value


async def test_one_thermostat_may_be_several_wishes(home: Home) -> None:
    home.set("requests", "hall_left", heat=HEAT)
    home.set("requests", "hall_right", heat=HEAT)
    await home.ready()
    home.says("z/hall", '{"running_state":"heat"}')
    await home.clock.sleep(2)
    assert all(home.heard(REQUEST_STATE, name)[-1].on for name in ("hall_left", "hall_right"))


async def test_a_number_of_a_helper_is_passed_on_and_said_again(home: Home) -> None:
    home.set("requests", "saving", value={"topic": "ha/input_number/saving"})
    home.says("ha/input_number/saving", "2.0", retain=True)
    await home.ready()
    await home.clock.sleep(50)
    said = home.heard(REQUEST_STATE, "saving")
    assert {each.value for each in said} == {2.0}
    assert len(said) >= 3


@pytest.mark.parametrize("rubbish", ["unavailable", "nan", "", "{", "[]", "1e999"])
async def test_what_makes_no_sense_is_unknown(home: Home, rubbish: str) -> None:
    home.set("requests", "saving", value={"topic": "ha/saving"})
    await home.ready()
    home.says("ha/saving", "2")
    await home.clock.sleep(2)
    home.says("ha/saving", rubbish)
    await home.clock.sleep(2)
    said = home.heard(REQUEST_STATE, "saving")[-1]
    assert (said.value, said.quality) == (None, "stale")
    assert home.availability("saving", "request")[-1] == "offline"


async def test_a_wish_that_must_be_renewed_is_unknown_when_it_is_not(home: Home) -> None:
    home.set("requests", "saving", value={"topic": "ha/saving"}, stale_after_s=60)
    await home.ready()
    home.says("ha/saving", "2")
    await home.clock.sleep(70)
    assert home.heard(REQUEST_STATE, "saving")[-1].quality == "stale"


async def test_a_car_is_passed_on_and_unknown_is_not_away(home: Home) -> None:
    car = {"connected": {"topic": "evcc/connected", "payload_yes": "true", "payload_no": "false"}}
    home.set("cars", "car", **car, power={"topic": "evcc/power", "scale": 1000}, soc={"topic": "evcc/soc"})
    await home.ready()
    home.says("evcc/power", "3.6")
    await home.clock.sleep(2)
    assert not home.heard(EV_STATE, "car")
    home.says("evcc/connected", "true")
    home.says("evcc/soc", "55")
    await home.clock.sleep(2)
    said = home.heard(EV_STATE, "car")[-1]
    assert (said.connected, said.power_w, said.soc_pct) == (True, 3600, 55)


async def test_a_topic_that_tells_no_state_is_told_again_and_called_unverified(home: Home) -> None:
    home.set("plain", "boiler", command_topic="old/plug", payload_on="1", payload_off="0")
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(130)
    assert home.told("old/plug") == ["1", "1", "1"]
    assert home.states()[-1].quality == "estimated"
    assert "not verified" in home.acks(f"{home.epoch}-0")[-1].detail
    home.let_go()
    await home.clock.sleep(40)
    assert home.told("old/plug")[-1] == "0"


async def test_an_esphome_node_is_believed_while_its_status_says_so(home: Home) -> None:
    home.set("esphome", "boiler", prefix="node", switch="pump", power_sensor="pump_w")
    home.says("node/status", "online", retain=True)
    home.says("node/switch/pump/state", "OFF", retain=True)
    await home.ready()
    assert (home.states()[-1].on, home.states()[-1].quality) == (False, "good")
    cmd_id = await home.order(on=True)
    await home.clock.sleep(1)
    assert home.told("node/switch/pump/command") == ["ON"]
    home.says("node/switch/pump/state", "ON")
    home.says("node/sensor/pump_w/state", "480")
    await home.clock.sleep(1)
    assert home.outcomes(cmd_id)[-1] == "applied"
    assert home.states()[-1].power_w == 480
    home.says("node/status", "offline")
    await home.clock.sleep(1)
    assert home.availability()[-1] == "offline"


async def test_another_meter_may_measure_a_switch(home: Home) -> None:
    home.set(
        "plain", "boiler", command_topic="p/set", state_topic="p/state", power={"topic": "meter/kw", "scale": 1000},
        energy={"topic": "meter/kwh", "scale": 1000},
    )  # fmt: skip
    await home.ready()
    home.says("p/state", "ON")
    await home.clock.sleep(1)
    home.says("meter/kw", "1.5")
    home.says("meter/kwh", "12.5")
    await home.clock.sleep(1)
    assert (home.states()[-1].power_w, home.states()[-1].energy_import_wh) == (1500, 12_500)


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ({"plain": {"a": {"command_topic": "x", "state_topic": "x"}}}, "our own word"),
        ({"plain": {"a": {"command_topic": "x", "payload_on": True}}}, "must stand in quotes"),
        ({"plain": {"a": {"command_topic": "x/#"}}}, "should match pattern"),
        ({"plain": {"a": {"command_topic": "x"}}, "tasmota": {"a": {"topic": "y"}}}, "two devices are called a"),
        ({"requests": {"a": {}}}, "at least one of"),
        ({"tasmota": {"a": {"topic": "y", "dead_man_s": 5}}}, "greater than or equal to 20"),
    ],
)
def test_a_slip_is_told(section: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        Config.model_validate_json(json.dumps(section))

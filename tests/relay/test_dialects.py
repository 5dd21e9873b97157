"""What each family says and is told: messages of its documents' shape, with values of our own."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.relay.config import Config
from services.relay.dialects.dialect import NOTHING, Dialect, Heard
from services.relay.dialects.table import dialect
from services.relay.dialects.tasmota import pulse_time


def language(part: str, **settings: Any) -> Dialect:  # as an owner writes them
    config = Config.model_validate_json(json.dumps({part: {"device": settings}}))
    return dialect(next(iter(config.switches()))[1])


TASMOTA = language("tasmota", topic="t1")
SECOND = language("tasmota", topic="t1", channel=2, on_text="AN", off_text="AUS")
GEN1 = language("shelly_gen1", device="shelly1pm-a4")
GEN2 = language("shelly_gen2", prefix="plus1pm-a8", channel=1)
ZIGBEE = language("zigbee2mqtt", name="küche/plug")
ENDPOINT = language("zigbee2mqtt", name="double", endpoint="l2")
ESPHOME = language("esphome", prefix="node", switch="pump", power_sensor="w", energy_sensor="wh", energy_unit="Wh")
PLAIN = language(
    "plain", command_topic="plug/set", payload_on="1", payload_off="0", state_topic="plug/state",
    state_field="relay.on", state_on="true", state_off="false", availability_topic="plug/lwt",
)  # fmt: skip
SWITCHLIGHT = '{"command": "switchlight", "idx": 652, "switchcmd": "%s", "ooc": "1", "level": 0}'
DOMOTICZ = language(
    "plain", command_topic="domoticz/in", payload_on=SWITCHLIGHT % "On", payload_off=SWITCHLIGHT % "Off",
    state_topic="domoticz/out/652", state_field="nvalue", state_on="1", state_off="0",
)  # fmt: skip
ENERGY = {"Time": "2026-04-18T11:00:00", "ENERGY": {"Total": 3.185, "Power": 1987, "ExportActive": 0.25}}
CHANNELS = {"StatusSNS": {"ENERGY": {"Total": 1.5, "Power": [10, 20], "Voltage": 231}}}
JSON = st.from_regex(r'\{"[a-zA-Z0-9]{1,9}":("[a-z]*"|-?[0-9]{1,30}|\[\]|null)\}')
NOTICE = {"method": "NotifyStatus", "params": {"ts": 1776510000.1, "switch:1": {"id": 1, "apower": 12.5}}}


@pytest.mark.promise("3.10-09")
@pytest.mark.parametrize(
    ("device", "topic", "payload", "told"),
    [
        (TASMOTA, "stat/t1/POWER", "ON", Heard(is_closed=True)),
        (TASMOTA, "stat/t1/POWER1", "OFF", Heard(is_closed=False)),
        (TASMOTA, "stat/t1/RESULT", '{"POWER":"ON"}', Heard(is_closed=True)),
        (TASMOTA, "stat/t1/RESULT", '{"POWER2":"ON"}', NOTHING),
        (TASMOTA, "stat/t1/POWER2", "ON", NOTHING),
        (TASMOTA, "tele/t1/STATE", '{"POWER1":"ON","Dimmer":46}', Heard(is_closed=True)),
        (TASMOTA, "tele/t1/SENSOR", json.dumps(ENERGY), Heard(power_w=1987, import_wh=3185, export_wh=250)),
        (TASMOTA, "tele/t1/LWT", "Offline", Heard(is_online=False)),
        (TASMOTA, "stat/t1/RESULT", '{"PulseTime1":{"Set":220,"Remaining":0}}', Heard(off_timer_s=120)),
        (TASMOTA, "stat/t1/RESULT", '{"PulseTime1":"50 (Active 12)"}', Heard(off_timer_s=5)),
        (TASMOTA, "stat/t1/STATUS11", '{"StatusSTS":{"POWER":"OFF"}}', Heard(is_closed=False)),
        (SECOND, "stat/t1/STATUS8", json.dumps(CHANNELS), Heard(power_w=20, import_wh=1500)),
        (SECOND, "stat/t1/POWER2", "AN", Heard(is_closed=True)),
        (SECOND, "stat/t1/POWER2", "EIN", NOTHING),
        (GEN1, "shellies/shelly1pm-a4/relay/0", "overpower", Heard(is_closed=False)),
        (GEN1, "shellies/shelly1pm-a4/relay/0/power", "812.5", Heard(power_w=812.5)),
        (GEN1, "shellies/shelly1pm-a4/relay/0/energy", "6000", Heard(import_wh=100)),
        (GEN1, "shellies/shelly1pm-a4/online", "false", Heard(is_online=False)),
        (GEN2, "plus1pm-a8/events/rpc", json.dumps(NOTICE), Heard(power_w=12.5)),
        (GEN2, "plus1pm-a8/events/rpc", '{"params":{"switch:0":{"id":0,"output":true}}}', NOTHING),
        (GEN2, "plus1pm-a8/status/switch:1", '{"id":1,"output":true,"apower":null}', Heard(is_closed=True)),
        (GEN2, "plus1pm-a8/ballast/rpc", '{"id":1,"result":{"id":1,"aenergy":{"total":7.5}}}', Heard(import_wh=7.5)),
        (GEN2, "plus1pm-a8/ballast/rpc", '{"id":1,"result":{"was_on":true}}', NOTHING),
        (GEN2, "plus1pm-a8/online", "true", Heard(is_online=True)),
        (ZIGBEE, "zigbee2mqtt/küche/plug", '{"state":"ON","energy":1.2}', Heard(is_closed=True, import_wh=1200)),
        (ZIGBEE, "zigbee2mqtt/küche/plug", '{"power":0}', Heard(power_w=0)),
        (ZIGBEE, "zigbee2mqtt/küche/plug", '{"state":null,"linkquality":90}', NOTHING),
        (ZIGBEE, "zigbee2mqtt/küche/plug/availability", '{"state":"offline"}', Heard(is_online=False)),
        (ZIGBEE, "zigbee2mqtt/bridge/state", "offline", Heard(is_gateway_online=False)),
        (ENDPOINT, "zigbee2mqtt/double", '{"state_l1":"ON","state_l2":"OFF"}', Heard(is_closed=False)),
        (ESPHOME, "node/switch/pump/state", "ON", Heard(is_closed=True)),
        (ESPHOME, "node/sensor/w/state", "nan", NOTHING),
        (ESPHOME, "node/sensor/wh/state", "1234.5", Heard(import_wh=1234.5)),
        (ESPHOME, "node/status", "online", Heard(is_online=True)),
        (PLAIN, "plug/state", '{"relay":{"on":true}}', Heard(is_closed=True)),
        (PLAIN, "plug/lwt", "offline", Heard(is_online=False)),
        (DOMOTICZ, "domoticz/out/652", '{"idx":652,"nvalue":1,"svalue1":""}', Heard(is_closed=True)),
        (DOMOTICZ, "domoticz/out/652", '{"idx":652,"nvalue":0,"svalue1":""}', Heard(is_closed=False)),
    ],
)  # fmt: skip
def test_what_it_says_is_understood(device: Dialect, topic: str, payload: str, told: Heard) -> None:
    assert device.read(topic, payload.encode()) == told


@pytest.mark.promise("3.10-09")
@pytest.mark.parametrize(
    ("device", "topic", "payload"),
    [
        (TASMOTA, "cmnd/t1/POWER1", "ON"),
        (SECOND, "cmnd/t1/POWER2", "ON"),
        (GEN1, "shellies/shelly1pm-a4/relay/0/command", "on"),
        (ZIGBEE, "zigbee2mqtt/küche/plug/set", '{"state":"ON","on_time":120,"off_wait_time":0}'),
        (ENDPOINT, "zigbee2mqtt/double/set", '{"state_l2":"ON","on_time":120,"off_wait_time":0}'),
        (ESPHOME, "node/switch/pump/command", "ON"),
        (PLAIN, "plug/set", "1"),
        (DOMOTICZ, "domoticz/in", SWITCHLIGHT % "On"),
    ],
)
def test_an_order_is_said_in_its_words(device: Dialect, topic: str, payload: str) -> None:
    (said,) = device.switch(True, 120)
    assert (said.topic, said.payload.decode()) == (topic, payload)
    assert topic in device.tells


def test_a_shelly_is_told_when_to_open_by_itself() -> None:
    (said,) = GEN2.switch(True, 120)
    assert json.loads(said.payload)["params"] == {"id": 1, "on": True, "toggle_after": 120}
    (said,) = GEN2.switch(False, 120)
    assert json.loads(said.payload)["params"] == {"id": 1, "on": False}


@pytest.mark.parametrize(("hold_s", "raw"), [(0, 0), (5, 50), (11.1, 111), (20, 120), (120, 220), (99_999, 64_900)])
def test_pulse_time_counts_tenths_and_then_seconds(hold_s: float, raw: int) -> None:
    assert pulse_time(hold_s) == raw


@pytest.mark.parametrize("device", [TASMOTA, GEN1, GEN2, ZIGBEE, ENDPOINT, ESPHOME, PLAIN])
@given(
    payload=st.binary(max_size=60)
    | st.from_regex(r'\{"[a-zA-Z0-9]{1,9}":("[a-z]*"|-?[0-9]{1,30}|\[\]|null)\}').map(str.encode)
)
def test_no_payload_makes_it_stumble_or_invent(device: Dialect, payload: bytes) -> None:
    for topic in device.hears:
        told = device.read(topic.replace("+", "RESULT"), payload)
        assert isinstance(told, Heard)


def test_nothing_is_heard_on_a_topic_that_takes_orders() -> None:
    for device in (TASMOTA, GEN1, GEN2, ZIGBEE, ENDPOINT, ESPHOME, PLAIN):
        assert not set(device.hears) & set(device.tells)

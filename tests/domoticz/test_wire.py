"""Values and positions, both ways, as pure functions."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.domoticz import wire
from services.domoticz.asking import shown, wish
from services.domoticz.config import Config, Push, Take
from services.domoticz.pace import KEEP_ALIVE_S, Told, is_due
from services.domoticz.wire import Value

METER = {"power_w": -812.4, "energy_import_wh": 8_123_456, "energy_export_wh": 2_345_678}
TARIFFS = {
    "energy_import_t1_wh": 5_000_000,
    "energy_import_t2_wh": 3_123_456,
    "energy_export_t1_wh": 1_000_000,
    "energy_export_t2_wh": 1_345_678,
}


def push(kind: str, **more: object) -> Push:
    return Push.model_validate({"idx": 12, "device": "meter/p1", "kind": kind, **more})


def take(kind: str, **more: object) -> Take:
    return Take.model_validate({"idx": 20, "setting": "mode", "kind": kind, **more})


@pytest.mark.parametrize(
    ("wanted", "state", "svalue"),
    [
        (push("usage"), METER, "-812.4"),
        (push("usage", part="import"), METER, "0"),
        (push("usage", part="export"), METER, "812.4"),
        (push("kwh"), METER, "-812.4;8123456"),
        (push("kwh", part="export", energy_field="energy_export_wh"), METER, "812.4;2345678"),
        (push("p1"), METER | TARIFFS, "5000000;3123456;1000000;1345678;0;812"),
        (push("p1"), METER, "8123456;0;2345678;0;0;812"),
        (push("percent", field="soc_pct"), {"soc_pct": 62.04}, "62"),
        (push("temperature", field="current_c"), {"current_c": 20.55}, "20.6"),
        (push("text", field="sentence"), {"sentence": "a; b"}, "a, b"),
    ],
)
def test_a_value_is_written_as_its_device_wants_it(wanted: Push, state: dict[str, Any], svalue: str) -> None:
    value = wire.value(wanted, state)
    assert value is not None
    assert (value.nvalue, value.svalue) == (0, svalue)


def test_a_switch_is_its_nvalue() -> None:
    assert wire.value(push("switch", field="on"), {"on": True}) == Value(1, "", (1.0,))


@pytest.mark.parametrize("kind", ["usage", "kwh", "p1", "percent", "text", "switch"])
@pytest.mark.parametrize("state", [{}, {"power_w": None}, {"power_w": None, "energy_import_wh": 5}])
def test_what_is_not_known_is_not_sent(kind: str, state: dict[str, Any]) -> None:
    assert wire.value(push(kind), state) is None


def test_a_counter_that_is_not_known_is_not_nought() -> None:
    assert wire.value(push("kwh"), {"power_w": 5.0}) is None
    assert wire.value(push("p1"), {"power_w": 5.0, "energy_import_wh": 5}) is None


@given(st.binary(max_size=200))
def test_no_payload_makes_it_stumble(payload: bytes) -> None:
    found = wire.out(payload)
    assert found is None or isinstance(found.idx, int)


SELECTOR = take("selector", levels={0: "off", 10: "auto", 20: "manual"})


@pytest.mark.parametrize(
    ("device", "said", "asked"),
    [
        (take("switch"), {"nvalue": 1}, "on"),
        (take("switch", when_on="60", when_off="0"), {"nvalue": 0}, "0"),
        (SELECTOR, {"nvalue": 2, "Level": 20, "svalue1": "20"}, "manual"),
        (SELECTOR, {"nvalue": 2, "svalue1": "10"}, "auto"),
        (SELECTOR, {"nvalue": 0, "svalue1": "20"}, "off"),
        (SELECTOR, {"nvalue": 2, "Level": 30}, None),
        (take("setpoint"), {"nvalue": 0, "svalue1": "-50.00"}, "-50"),
        (take("setpoint"), {"nvalue": 0, "svalue1": "nan"}, None),
        (take("setpoint"), {"nvalue": 0}, None),
    ],
)
def test_a_position_is_a_wish(device: Take, said: dict[str, Any], asked: str | None) -> None:
    assert wish(device, wire.Out.model_validate({"idx": 20, **said})) == asked


@pytest.mark.parametrize("device", [take("switch", when_on="on", when_off="off"), SELECTOR])
@pytest.mark.parametrize("setting", ["off", "Off"])
def test_what_is_shown_asks_for_what_is_shown(device: Take, setting: str) -> None:
    look = shown(device, setting)
    assert look is not None
    back = wish(device, wire.Out.model_validate({"idx": 20, "nvalue": look.nvalue, "svalue1": look.svalue}))
    assert back == "off"


def test_what_a_device_cannot_show_is_not_shown() -> None:
    assert shown(SELECTOR, "holiday") is None
    assert shown(take("setpoint"), "auto") is None


@pytest.mark.promise("3.10-19")
def test_a_value_is_told_after_a_change_that_matters_and_every_half_hour() -> None:
    first = Value(0, "100", (100.0,))
    told = Told(first, 1000.0)
    assert is_due(Told(), first, 10, 10, 0)
    assert not is_due(told, Value(0, "109", (109.0,)), 10, 10, 1500)
    assert is_due(told, Value(0, "110", (110.0,)), 10, 10, 1010)
    assert not is_due(told, Value(0, "900", (900.0,)), 10, 10, 1009)
    assert not is_due(told, first, 0, 10, 1000 + KEEP_ALIVE_S - 1)
    assert is_due(told, first, 10, 10, 1000 + KEEP_ALIVE_S)
    assert math.isclose(KEEP_ALIVE_S, 30 * 60)


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ({"take": [{"idx": 1, "setting": "mode", "kind": "selector"}]}, "needs `levels`"),
        ({"push": [{"idx": 1, "device": "p1", "kind": "usage"}]}, "should match pattern"),
        (
            {
                "push": [{"idx": 1, "device": "meter/p1", "kind": "usage"}],
                "take": [{"idx": 1, "setting": "mode", "kind": "switch"}],
            },
            "more than once",
        ),
    ],
)
def test_a_slip_is_told(section: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        Config.model_validate(
            section | {"push": tuple(section.get("push", ())), "take": tuple(section.get("take", ()))}
        )

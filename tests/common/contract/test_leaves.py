"""What travels on each topic: its retain flag and QoS as in the guide, its size, and that it arrives as it left."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from common.contract import LEAVES, Alert, Command, Control, DeviceInfo, Envelope, Leaf, Payload, decode, encode
from tests.payloads import TEXT, bodies, envelopes, longest

KiB = 1024
JSON = tuple(leaf for leaf in LEAVES if not issubclass(leaf.payload, str))
SCALARS = tuple(leaf for leaf in LEAVES if issubclass(leaf.payload, str))
TRAVELS = {
    # pattern: QoS, retained, expiry in s
    "meter/+/state": (0, True, 120),
    "battery/+/state": (0, True, 180),
    "switch/+/state": (0, True, 120),
    "load/+/state": (0, True, 120),
    "pv/+/state": (0, True, 120),
    "ev/+/state": (0, True, 180),
    "+/+/info": (1, True, None),
    "+/+/availability": (1, True, None),
    "+/+/cmd": (1, False, 120),
    "+/+/ack": (1, False, 60),
    "+/+/control": (1, True, None),
    "service/+/status": (1, True, None),
    "service/+/health": (0, True, 120),
    "service/+/selftest": (1, False, None),
    "tariff/+/state": (1, True, None),
    "tariff/+/event": (1, False, 3600),
    "forecast/+/state": (1, True, None),
    "plan/+/state": (1, True, None),
    "plan/+/score": (1, True, None),
    "balancer/+/state": (1, True, None),
    "balancer/+/lease": (1, True, 15),
    "balancer/+/decision/+": (1, True, None),
    "balancer/+/group/+": (1, True, None),
    "balancer/+/terms/+": (1, True, None),
    "balancer/+/set/#": (1, False, 30),
    "balancer/+/setting/#": (1, True, None),
    "alert/+/+": (1, True, None),
}
"""Section 2 of the contract's guide, written down a second time."""


@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if leaf.pattern in TRAVELS], ids=lambda leaf: leaf.pattern)
def test_a_leaf_travels_as_the_guide_says(leaf: Leaf[Payload | str]) -> None:
    assert (leaf.qos, leaf.retain, leaf.expiry_s) == TRAVELS[leaf.pattern]


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.pattern)
def test_events_are_not_retained_and_everything_else_is(leaf: Leaf[Payload | str]) -> None:
    events = {"cmd", "ack", "set", "selftest", "event"}
    assert leaf.retain == (not events & set(leaf.pattern.split("/")))


@pytest.mark.parametrize("leaf", JSON, ids=lambda leaf: leaf.pattern)
@given(data=st.data(), envelope=envelopes())
def test_a_body_is_one_flat_object_behind_its_envelope_and_arrives_as_it_left(
    leaf: Leaf[Payload], data: st.DataObject, envelope: Envelope
) -> None:
    body = data.draw(bodies(leaf.payload))
    payload = encode(envelope, body)
    written = orjson.loads(payload)
    assert list(written)[:5] == ["v", "ts_ms", "seq", "boot", "src"]
    assert not any(isinstance(value, dict) for value in written.values())
    assert {name for name, value in written.items() if isinstance(value, list)} <= {
        "capabilities",
        "levels_w",
        "modes",
        "slots",
        "topics",
    }
    assert decode(leaf, payload) == (envelope, body)


@pytest.mark.parametrize("leaf", SCALARS, ids=lambda leaf: leaf.pattern)
@given(text=st.text(TEXT), envelope=envelopes())
def test_a_scalar_arrives_as_it_left_and_has_no_envelope(leaf: Leaf[str], text: str, envelope: Envelope) -> None:
    assert decode(leaf, encode(envelope, text)) == (None, text)


@pytest.mark.parametrize("leaf", JSON, ids=lambda leaf: leaf.pattern)
def test_no_field_of_a_body_is_called_like_one_of_the_envelope(leaf: Leaf[Payload]) -> None:
    assert not set(leaf.payload.model_fields) & set(Envelope.model_fields)


@pytest.mark.parametrize("leaf", JSON, ids=lambda leaf: leaf.pattern)
def test_every_field_at_its_longest_fits_into_the_size_of_its_leaf(leaf: Leaf[Payload]) -> None:
    envelope = Envelope(v=1, ts_ms=1795157664123, seq=10**9, boot="abcdef", src="site-17-ems-udp_battery")
    most = {"info": 4, "forecast": 32, "plan": 32, "tariff": 32}
    limit = next((size for word, size in most.items() if word in leaf.pattern.split("/")), 1) * KiB
    assert len(encode(envelope, longest(leaf.payload))) <= limit


@pytest.mark.parametrize("leaf", JSON, ids=lambda leaf: leaf.pattern)
def test_every_text_has_an_end(leaf: Leaf[Payload]) -> None:
    """A device, or a stranger, that calls itself a megabyte must not break our connection to the broker."""
    described = leaf.payload.model_json_schema()
    texts = [option for field in described["properties"].values() for option in field.get("anyOf", [field])]
    assert all({"maxLength", "enum", "pattern", "const"} & set(text) for text in texts if text.get("type") == "string")


@pytest.mark.parametrize(
    "made",
    [
        Alert(severity="error", since_ms=1, text="x" * 5000, advice="y" * 5000),
        DeviceInfo(vendor="x" * 70_000, model="y" * 70_000, poll_s=1, stale_after_s=10),
    ],
    ids=["alert", "info"],
)
def test_words_for_people_are_cut_and_not_refused(made: BaseModel) -> None:
    assert len(made.model_dump_json()) < KiB


def test_an_order_must_have_the_value_of_its_action() -> None:
    """`set_power` without a power could only be obeyed by guessing."""
    for action in ("set_power", "set_mode", "switch"):
        with pytest.raises(ValueError, match="without its value"):
            Command.model_validate({"cmd_id": "1-1", "epoch": 1, "issued_at_ms": 1, "ttl_s": 30.0, "action": action})


def test_values_on_the_wire_cannot_be_changed() -> None:
    control = Control(mode="safe", epoch=1)
    with pytest.raises(ValueError, match="frozen"):
        control.mode = "leased"  # type: ignore[misc]  # what mypy forbids is what this test tries

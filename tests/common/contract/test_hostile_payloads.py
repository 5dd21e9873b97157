"""Payloads of broken devices and unfriendly guests: each is refused with one word, and none gets further."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import (
    AVAILABILITY,
    COMMAND,
    INFO,
    LEAVES,
    MAX_PAYLOAD_BYTES,
    METER_STATE,
    Envelope,
    Leaf,
    MeterState,
    Payload,
    decode,
    encode,
)
from common.errors import MessageRejected

HEAD = b'{"v":1,"ts_ms":1,"seq":0,"boot":"a","src":"s"'
ENVELOPE = Envelope(v=1, ts_ms=1, seq=0, boot="a", src="s")
GOOD = encode(ENVELOPE, MeterState(power_w=1.0))

NO_JSON = {
    "NaN": b"NaN",
    "minus infinity": b"-Infinity",
    "infinity": b"Infinity",
    "5000 digits": b"9" * 5000,
    "a lone surrogate": rb'"\ud800"',
    "a control character": b'"\x00"',
    "invalid UTF-8": b'"\xff\xfe"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "deep nesting": b"[" * 30_000 + b"]" * 30_000,
    "octal": b"0123",
    "hexadecimal": b"0x10",
    "a comment": b"1/*W*/",
}
NO_POWER = {
    "1e999": b"1e999",
    "true": b"true",
    "a string": b'"812"',
    "null": b"null",
    "a list": b"[812]",
    "an object": b'{"w":812}',
    "more than any house draws": b"1e7",
    "the minus of a broken register": b"-2147483648",
}
NO_MESSAGE = {
    "nothing": b"",
    "blanks": b" " * 65_536,
    "truncated": GOOD[:-1],
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "NUL behind": GOOD + b"\x00",
    "NUL instead": b"\x00" * 100,
    "something behind": GOOD + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a list": b"[" + GOOD + b"]",
    "a number": b"812",
    "a word": b"online",
    "brackets": b"[" * 65_536,
    "braces": b'{"a":' * 13_000,
    "no envelope": b'{"power_w":1}',
    "no version": GOOD.replace(b'"v":1,', b""),
    "version true": GOOD.replace(b'"v":1', b'"v":true'),
    "version 1.0": GOOD.replace(b'"v":1', b'"v":1.0'),
    "version as text": GOOD.replace(b'"v":1', b'"v":"1"'),
    "a negative number of the message": GOOD.replace(b'"seq":0', b'"seq":-1'),
    "half a message": GOOD.replace(b'"seq":0', b'"seq":0.5'),
    "no boot": GOOD.replace(b'"boot":"a"', b'"boot":""'),
    "a boot without end": GOOD.replace(b'"boot":"a"', b'"boot":"' + b"a" * 33 + b'"'),
    "a time before 1970": GOOD.replace(b'"ts_ms":1', b'"ts_ms":-1'),
    "a time after all": GOOD.replace(b'"ts_ms":1', b'"ts_ms":1000000000000000'),
}


def rejection(leaf: Leaf[Payload | str], payload: bytes) -> str:
    """The word for which a payload is refused; the sentence beside it must fit a log line."""
    with pytest.raises(MessageRejected) as caught:
        decode(leaf, payload)
    assert len(str(caught.value)) < 250
    assert str(caught.value).isprintable()
    return caught.value.reason


@pytest.mark.parametrize("value", [*NO_JSON.values(), *NO_POWER.values()], ids=[*NO_JSON, *NO_POWER])
def test_a_value_that_is_no_power_is_refused(value: bytes) -> None:
    assert rejection(METER_STATE, HEAD + b',"power_w":' + value + b"}") == "invalid"


@pytest.mark.parametrize("value", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_refused_even_in_a_field_nobody_knows(value: bytes) -> None:
    assert rejection(METER_STATE, HEAD + b',"power_w":1,"unknown":' + value + b"}") == "invalid"


@pytest.mark.parametrize("payload", NO_MESSAGE.values(), ids=NO_MESSAGE)
def test_a_payload_that_is_no_message_is_refused(payload: bytes) -> None:
    assert rejection(METER_STATE, payload) == "invalid"


def test_a_missing_measurement_is_not_zero() -> None:
    assert rejection(METER_STATE, HEAD + b"}") == "invalid"


@pytest.mark.parametrize("version", [b"0", b"2", b"-1", b"4711"])
def test_an_unknown_major_is_refused_as_a_version(version: bytes) -> None:
    """Whatever else is wrong: a later version may call everything by another name."""
    assert rejection(METER_STATE, b'{"v":' + version + b',"other":[]}') == "version"


@pytest.mark.parametrize("size", [MAX_PAYLOAD_BYTES + 1, 10_000_000])
@pytest.mark.parametrize("leaf", [METER_STATE, AVAILABILITY], ids=["JSON", "scalar"])
def test_a_payload_beyond_the_limit_is_refused_unread(leaf: Leaf[Payload | str], size: int) -> None:
    assert rejection(leaf, b"[" * size) == "oversize"


def test_a_payload_of_just_the_limit_is_read() -> None:
    envelope, body = decode(METER_STATE, GOOD.ljust(MAX_PAYLOAD_BYTES))
    assert (envelope, body) == (ENVELOPE, MeterState(power_w=1.0))


def test_a_reader_ignores_what_it_does_not_know() -> None:
    later = GOOD[:-1] + b',"news":{"nested":[1,null,"x"]},"power_l4_w":3}'
    assert decode(METER_STATE, later) == (ENVELOPE, MeterState(power_w=1.0))


def test_a_choice_of_numbers_takes_no_boolean() -> None:
    facts = b',"vendor":"a","model":"b","poll_s":1,"stale_after_s":10,"phase":'
    assert rejection(INFO, HEAD + facts + b"true}") == "invalid"


def test_a_scalar_that_is_no_text_is_refused() -> None:
    assert rejection(AVAILABILITY, b"online\xff") == "invalid"


def test_the_sentence_of_a_refusal_is_one_line() -> None:
    """Whoever may publish could otherwise write lines of his own into our log."""
    payload = HEAD + rb',"power_w":"1\n2026-04-18 ERROR ems-p1: all is lost"}'
    assert rejection(METER_STATE, payload) == "invalid"


def outcome(leaf: Leaf[Payload | str], payload: bytes) -> str:
    """What becomes of a payload, as a word; whatever is not foreseen fails the test."""
    try:
        decode(leaf, payload)
    except MessageRejected as rejected:
        return rejected.reason
    return "read"


@given(st.sampled_from(LEAVES), st.binary(max_size=200))
def test_random_bytes_are_read_or_refused_and_nothing_else(leaf: Leaf[Payload | str], payload: bytes) -> None:
    assert outcome(leaf, payload) in {"read", "invalid", "version"}


@given(st.data())
def test_a_message_with_a_few_wrong_bytes_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    payload = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(METER_STATE, bytes(payload)) in {"read", "invalid", "version"}


JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(["cmd_id", "epoch", "issued_at_ms", "ttl_s", "action", "power_w", "mode", "on", "min_soc_pct"]),
    JSON_VALUE,
)
def test_an_order_with_any_json_in_any_field_is_read_or_refused_and_nothing_else(field: str, value: object) -> None:
    order = {"cmd_id": "1-1", "epoch": 1, "issued_at_ms": 1, "ttl_s": 30, "action": "set_power", "power_w": -800}
    fields = {**ENVELOPE.model_dump(), **order, field: value}
    assert outcome(COMMAND, json.dumps(fields).encode()) in {"read", "invalid"}

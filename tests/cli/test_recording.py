"""Lines of a recording: everything that travels survives being written down; what people write is read or explained."""

from pathlib import Path

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.contract import METER_STATE, decode
from services.cli.recording import BY_HAND, EXAMPLE, Line, read, write
from services.cli.terminal import Unusable

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
RIGHT = '{"t_ms": 1000, "topic": "meter/p1/state", "payload": {"power_w": 500}}'


def lines(*texts: str | bytes) -> list[Line]:
    """What a file called `mine.jsonl` of these lines says."""
    return list(read([text.encode() if isinstance(text, str) else text for text in texts], "mine.jsonl"))


def again(payload: bytes) -> bytes:
    """A payload, written down and read again."""
    (line,) = lines(write(7, "meter/p1/state", payload, retain=False))
    return line.bytes()


@given(st.binary())
@example(b"")
@example(b"online")
@example(b"{")
@example(b"\xff\x00")
@example(b'{"power_w":NaN}')
@example(b'{"a":"\\ud800"}')
@example(b'"quoted"')
@example(b" {}")
@example(b"12")
@example(b"null")
def test_what_is_no_json_object_survives_byte_for_byte(payload: bytes) -> None:
    if payload[:1] not in (b"{", b"["):
        assert again(payload) == payload
    else:
        assert again(payload).split() == payload.split() or orjson.loads(again(payload)) == orjson.loads(payload)


@given(JSON)
def test_json_survives_as_what_it_says(value: object) -> None:
    assert orjson.loads(again(orjson.dumps([value]))) == [value]


@pytest.mark.parametrize("depth", [10, 199, 201, 253, 254, 5000])
def test_depth_is_no_way_to_stop_the_recorder(depth: int) -> None:
    payload = b"[" * depth + b"]" * depth
    assert again(payload) == payload


@pytest.mark.parametrize("payload", [b"x" * 200_000, bytes(range(256)) * 1000, b'{"a":"' + b"y" * 200_000 + b'"}'])
def test_size_neither(payload: bytes) -> None:
    assert again(payload) == payload


def test_a_line_is_one_line_with_the_four_keys() -> None:
    line = write(7, "meter/p1/state", b'{\n"power_w":\n5.0}', retain=True)
    assert line == b'{"t_ms":7,"topic":"meter/p1/state","payload":{"power_w":5.0},"retain":true}'


def test_bytes_that_are_no_text_are_hexadecimal() -> None:
    line = write(7, "meter/p1/state", b"\xff\x0a", retain=False)
    assert line == b'{"t_ms":7,"topic":"meter/p1/state","payload":"","retain":false,"hex":"ff0a"}'


def test_blank_lines_and_remarks_are_for_people() -> None:
    assert [line.t_ms for line in lines("# the kettle", "", "   ", RIGHT, "  # and off again", RIGHT)] == [1000, 1000]


def test_a_message_by_hand_needs_no_envelope() -> None:
    first, second = lines(RIGHT, RIGHT)
    envelope, body = decode(METER_STATE, first.bytes())
    assert envelope is not None
    assert (envelope.ts_ms, envelope.seq, envelope.boot, envelope.src) == (1000, 0, BY_HAND, BY_HAND)
    assert body.power_w == 500
    assert orjson.loads(second.bytes())["seq"] == 1


def test_numbers_count_up_per_topic() -> None:
    other = RIGHT.replace("p1", "roof")
    assert [orjson.loads(line.bytes())["seq"] for line in lines(RIGHT, other, RIGHT)] == [0, 0, 1]


@pytest.mark.parametrize(
    "body",
    [
        '{"t_ms": 1, "topic": "a", "payload": {"power_w": 5}, "retain": false}',
        '{"t_ms": 1, "topic": "a", "payload": {"seq": 5}}',
    ],
)
def test_what_the_recorder_wrote_is_not_mended(body: str) -> None:
    """A message that came without its envelope is a fault that a replay must show as it was."""
    (line,) = lines(body)
    assert orjson.loads(line.bytes()) == orjson.loads(body)["payload"]


def test_plain_words_stay_plain_by_hand_too() -> None:
    (line,) = lines('{"t_ms": 1, "topic": "battery/garage/availability", "payload": "online"}')
    assert line.bytes() == b"online"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"t_ms": 1000', "it is no JSON (unexpected end of data"),
        ("t_ms: 1000", "it is no JSON"),
        ("[1000]", "line: Input should be a valid dictionary"),
        ('{"topic": "a"}', "t_ms: Field required"),
        ('{"t_ms": "1000", "topic": "a"}', "t_ms: Input should be a valid integer"),
        ('{"t_ms": -1, "topic": "a"}', "t_ms: Input should be greater than or equal to 0"),
        ('{"t_ms": 1e300, "topic": "a"}', "t_ms: Input should be a valid integer"),
        ('{"t_ms": 10000000000000000, "topic": "a"}', "t_ms: Input should be less than or equal to 1"),
        ('{"t_ms": 1000, "topic": ""}', "topic: String should have at least 1 character"),
        ('{"t_ms": 1000, "topic": "a", "paylaod": 5}', "paylaod: Extra inputs are not permitted"),
        ('{"t_ms": 1000, "topic": "a", "hex": "f"}', "hex: String should match"),
        ('{"t_ms": 1000, "topic": "a", "payload": {"power_w": NaN}}', "it is no JSON"),
        (b"\xff\xfe", "it is no JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_what_would_be_right(text: str | bytes, why: str) -> None:
    with pytest.raises(Unusable) as raised:
        lines(RIGHT, "# a remark", text)
    assert str(raised.value).startswith(f"mine.jsonl:3: {why}")
    assert str(raised.value).endswith(f"a line looks like {RIGHT}")


def test_everything_that_is_wrong_with_a_line_is_said() -> None:
    with pytest.raises(Unusable, match=r"t_ms: .*; topic: .*; extra: "):
        lines('{"t_ms": "x", "topic": 5, "extra": 1}')


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(Unusable, match=r"^mine\.jsonl:2: t_ms: 999 lies 1 ms before the line above .* earliest first$"):
        lines(RIGHT, RIGHT.replace("1000", "999"))


def test_it_does_not_leap_either() -> None:
    """A line by hand at 1000 ms above a recording of today would be played for ever."""
    assert len(lines(RIGHT, RIGHT.replace("1000", "86401000"))) == 2
    with pytest.raises(Unusable, match=r"^mine\.jsonl:2: t_ms: 1795000000000 lies 20775\.5 days after the line above"):
        lines(RIGHT, RIGHT.replace("1000", "1795000000000"))


def test_the_readme_shows_a_line_that_is_right() -> None:
    assert f"`{EXAMPLE}`" in (Path(__file__).parents[2] / "README.md").read_text()
    assert EXAMPLE == RIGHT

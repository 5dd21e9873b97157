"""A recording of the bus: one JSON line per message, readable, editable by hand.

`{"t_ms": 1795157664123, "topic": "meter/p1/state", "payload": {…}, "retain": false}`; topics stand below the site's
base. A payload that is JSON is kept as JSON, a plain word as text, anything else as hexadecimal behind `"hex"`.
Blank lines and those that start with # are for people. A line by hand may leave out `retain`, which the recorder
always writes; then it may leave out the envelope too, and gets one that was measured at `t_ms`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from common.contract import Envelope
from common.contract.envelope import TimestampMs
from services.cli.configured import Unusable

EXAMPLE = '{"t_ms": 1000, "topic": "meter/p1/state", "payload": {"power_w": 500}}'
MOST_SILENCE_MS = 86_400_000
BY_HAND = "hand"
"""Boot and account in the envelope of a message that a person wrote."""


class Line(BaseModel):
    """One recorded message."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    t_ms: TimestampMs
    """When it arrived, UTC milliseconds."""
    topic: Annotated[str, Field(min_length=1)]
    payload: JsonValue = ""
    """Empty: a retained message was taken back."""
    retain: bool = False
    """It was retained by the broker when recording began."""
    hex: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{2})*$")] | None = None
    """Bytes that are no text."""

    def bytes(self) -> bytes:
        """The payload as it travels."""
        if self.hex is not None:
            return bytes.fromhex(self.hex)
        return self.payload.encode() if isinstance(self.payload, str) else orjson.dumps(self.payload)

    def in_envelope(self, seq: int) -> "Line":
        """This line with an envelope, if a person wrote it without one."""
        body = self.payload
        if (
            "retain" in self.model_fields_set
            or not isinstance(body, dict)
            or body.keys() & Envelope.model_fields.keys()
        ):
            return self
        envelope = Envelope(v=1, ts_ms=self.t_ms, seq=seq, boot=BY_HAND, src=BY_HAND)
        return self.model_copy(update={"payload": {**envelope.model_dump(), **body}})


def write(t_ms: int, topic: str, payload: bytes, retain: bool) -> bytes:
    """One line of a recording, without its end."""
    line: dict[str, object] = {"t_ms": t_ms, "topic": topic}
    try:
        text = payload.decode()
        line["payload"] = orjson.loads(payload) if text[:1] in ("{", "[") else text
        return orjson.dumps({**line, "retain": retain})
    except (UnicodeDecodeError, orjson.JSONDecodeError, orjson.JSONEncodeError):  # the last: nested too deeply
        return orjson.dumps({**line, "payload": "", "retain": retain, "hex": payload.hex()})


def read(lines: Iterable[bytes], name: str) -> Iterator[Line]:
    """The lines of a recording called `name`. Raises Unusable with the number of a line that is wrong, and why."""
    before_ms: int | None = None
    seqs: Counter[str] = Counter()
    for number, text in enumerate(lines, start=1):
        if not text.strip() or text.lstrip().startswith(b"#"):
            continue
        line = _parsed(text, f"{name}:{number}")
        if before_ms is not None and (wrong := _out_of_time(line.t_ms - before_ms)):
            raise Unusable(f"{name}:{number}: t_ms: {line.t_ms} lies {wrong}")
        before_ms = line.t_ms
        yield line.in_envelope(seqs[line.topic])
        seqs[line.topic] += 1


def _out_of_time(after_ms: int) -> str | None:
    """What is wrong with the time between a line and the one before it, which is lived through second by second."""
    if after_ms < 0:
        return f"{-after_ms} ms before the line above it; lines stand in order of time, the earliest first"
    if after_ms > MOST_SILENCE_MS:
        days = after_ms / MOST_SILENCE_MS
        return f"{days:.1f} days after the line above it; between two lines a day may pass at most"
    return None


def _parsed(text: bytes, where: str) -> Line:
    try:
        return Line.model_validate(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise Unusable(f"{where}: it is no JSON ({error}); a line looks like {EXAMPLE}") from error
    except ValidationError as error:
        wrong = [f"{_key(detail)}: {detail['msg']}" for detail in error.errors(include_url=False)]
        raise Unusable(f"{where}: {'; '.join(wrong)}; a line looks like {EXAMPLE}") from error


def _key(detail: ErrorDetails) -> str:
    """Which key of a line is wrong; deep inside a payload there are none that we know."""
    return str(detail["loc"][0]) if detail["loc"] else "line"

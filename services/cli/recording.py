"""A recording of the bus: one JSON line per message, readable, editable by hand.

`{"t_ms": 1795157664123, "topic": "meter/p1/state", "payload": {…}, "retain": false}`; topics stand below the site's
base. A payload that is JSON is kept as JSON, a plain word as text, anything else as hexadecimal behind `"hex"`.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from services.cli.configured import Unusable


class Line(BaseModel):
    """One recorded message."""

    model_config = ConfigDict(extra="forbid")

    t_ms: Annotated[int, Field(ge=0)]
    """When it arrived, UTC milliseconds."""
    topic: Annotated[str, Field(min_length=1)]
    payload: JsonValue = ""
    """Empty: a retained message was taken back."""
    retain: bool = False
    """It was retained by the broker when recording began."""
    hex: str | None = None
    """Bytes that are no text."""

    def bytes(self) -> bytes:
        """The payload as it travels."""
        if self.hex is not None:
            return bytes.fromhex(self.hex)
        return self.payload.encode() if isinstance(self.payload, str) else orjson.dumps(self.payload)


def write(t_ms: int, topic: str, payload: bytes, retain: bool) -> bytes:
    """One line of a recording, without its end."""
    line: dict[str, object] = {"t_ms": t_ms, "topic": topic}
    try:
        text = payload.decode()
        line["payload"] = orjson.loads(payload) if text[:1] in ("{", "[") else text
    except (UnicodeDecodeError, orjson.JSONDecodeError):
        line |= {"payload": "", "hex": payload.hex()}
    return orjson.dumps({**line, "retain": retain})


def read(lines: Iterable[bytes]) -> Iterator[Line]:
    """The lines of a recording in order of time. Raises Unusable with the number of a line that is wrong."""
    before_ms = 0
    for number, text in enumerate(lines, start=1):
        if not text.strip() or text.lstrip().startswith(b"#"):
            continue
        try:
            line = Line.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "line"
            example = '{"t_ms": 1000, "topic": "meter/p1/state", "payload": {…}}'
            raise Unusable(f"line {number}: {where}: {first['msg']}; a line looks like {example}") from error
        if line.t_ms < before_ms:
            raise Unusable(f"line {number}: t_ms {line.t_ms} lies before that of the line above it, {before_ms}")
        before_ms = line.t_ms
        yield line

"""How a dongle can misbehave, as switches that tests and the demonstration throw. All off at first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import orjson

from services.simulator.p1_meter.payloads import JsonObject

Babble = Literal["html", "truncated", "not_a_number", "text_for_number", "true_for_number", "nothing", "too_much"]


@dataclass
class Faults:
    """What is wrong with the dongle at the moment."""

    api_off: bool = False
    """v1 answers 403 with id 202."""
    silent: bool = False
    """Requests are taken and never answered."""
    late_s: float = 0.0
    """v1: requests are carried out at once and answered so much later."""
    frozen: bool = False
    """The meter sends nothing new: the same telegram, the same timestamp, again and again."""
    no_telegram: bool = False
    """The cable to the meter is out: measurements are empty, `telegram` answers 503."""
    stalled: bool = False
    """The websocket takes subscriptions and answers pings, but pushes nothing."""
    replays: bool = False
    """After each new subscription the websocket first pushes what it pushed when this was switched on."""
    babble: Babble | None = None
    """Answers and pushes of measurements make no sense."""
    status: int | None = None
    """Every request is answered with this HTTP status and a page of HTML."""
    serial: str | None = None
    """It says it is another device."""
    absent: set[str] = field(default_factory=set)
    """Paths that this firmware does not have."""
    spike_w: int | None = None
    """Power in the next telegram; then it is over."""
    batteries_refuse: bool = False
    """Every order to the battery group is answered with 400."""
    batteries_ignore: bool = False
    """Orders to the battery group are echoed and forgotten."""
    glitch_import_wh: int | None = None
    """Register 1 in the telegrams while this is set."""


def babbled(kind: Babble, document: JsonObject) -> tuple[str, bytes]:
    """Content type and body of an answer that makes no sense."""
    return _BABBLE[kind](orjson.dumps(document), document)


def _with_power(document: JsonObject, literal: bytes) -> tuple[str, bytes]:
    """The document with its total power written as `literal`."""
    rest = {key: value for key, value in document.items() if key not in ("power_w", "active_power_w", "data")}
    inner = document.get("data")
    if isinstance(inner, dict):  # a websocket message
        return _JSON, b'{"type":"measurement","data":' + _with_power(inner, literal)[1] + b"}"
    name = b"active_power_w" if "active_power_w" in document else b"power_w"
    return _JSON, b'{"' + name + b'":' + literal + b"," + orjson.dumps(rest)[1:]


_JSON = "application/json"
_BABBLE: dict[Babble, Callable[[bytes, JsonObject], tuple[str, bytes]]] = {
    "html": lambda body, document: ("text/html", b"<html><body>Please log in</body></html>"),
    "truncated": lambda body, document: (_JSON, body[: len(body) // 2]),
    "not_a_number": lambda body, document: _with_power(document, b"NaN"),
    "text_for_number": lambda body, document: _with_power(document, b'"250"'),
    "true_for_number": lambda body, document: _with_power(document, b"true"),
    "nothing": lambda body, document: (_JSON, b""),
    "too_much": lambda body, document: (_JSON, body + b" " * 100_000),
}

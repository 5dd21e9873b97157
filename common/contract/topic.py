"""What a topic is: a name below the site's base, one payload, and how it travels.

A `Leaf` is a family of topics (`meter/+/state`); `leaf.at("p1")` is one `Topic` of it. A topic without a
valid name cannot be made, and publishing the wrong payload to one is a type error.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Generic, Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from common.contract.envelope import Envelope, Payload
from common.errors import MessageRejected

M_co = TypeVar("M_co", bound=Payload | str, covariant=True)

MAX_PAYLOAD_BYTES = 64 * 1024
LEVEL = "[a-z0-9_-]{1,32}"
DEVICES = ("meter", "battery", "pv", "switch", "load", "ev", "request")
"""Classes with `info`, `availability`, `cmd`, …; `alert/ems-p1/info` is an alert, not facts about a device."""


@dataclass(frozen=True, slots=True)
class Topic(Generic[M_co]):
    """One topic, without wildcards."""

    name: str
    """Below the site's base: `meter/p1/state`."""
    leaf: "Leaf[M_co]"

    @property
    def filter(self) -> str:
        """What to subscribe to."""
        return self.name

    def matches(self, name: str) -> bool:
        """Whether `name` is this topic."""
        return name == self.name


@dataclass(frozen=True, slots=True)
class Leaf(Generic[M_co]):
    """A family of topics that carry the same kind of payload."""

    pattern: str
    """MQTT filter below the base: `+` is one id, in front the class of a device; a trailing `#` is one or two."""
    payload: type[M_co]
    """The model of the JSON object, or `str` for a plain scalar."""
    writer: str
    """Who publishes it, for the contract's page."""
    meaning: str
    qos: Literal[0, 1] = 1
    retain: bool = True
    expiry_s: int | None = None
    """MQTT 5 message expiry; a convenience for screens, nothing relies on it."""
    below_base: bool = True
    """Whether the pattern stands below the site's base; a place that all sites share does not."""

    def at(self, *ids: str) -> Topic[M_co]:
        """The topic of these ids. Raises ValueError for ids that may not stand in a topic, or too many or few."""
        rest = iter(ids)
        levels = [next(rest, "") if level == "+" else level for level in self.pattern.removesuffix("/#").split("/")]
        name = "/".join([*levels, *rest])
        if not self.matches(name):
            raise ValueError(f"{name!r} is no topic of {self.pattern}: an id is 1 to 32 of a-z, 0-9, _ and -")
        return Topic(name, self)

    @property
    def filter(self) -> str:
        """What to subscribe to."""
        return self.pattern

    def matches(self, name: str) -> bool:
        """Whether a topic's name belongs to this family. Strict: a broker may deliver more than was asked for."""
        return _names(self.pattern).fullmatch(name) is not None


@cache
def _names(pattern: str) -> re.Pattern[str]:
    wildcards = {"+": LEVEL, "#": f"{LEVEL}(?:/{LEVEL})?"}
    first, *rest = pattern.split("/")
    kind = f"(?:{'|'.join(DEVICES)})" if first == "+" else re.escape(first)
    return re.compile("/".join([kind, *(wildcards.get(level, re.escape(level)) for level in rest)]))


def encode(envelope: Envelope, body: Payload | str) -> bytes:
    """The bytes on the wire: the envelope's fields first, then the body's; a plain scalar has no envelope."""
    if isinstance(body, str):
        return body.encode()
    return envelope.model_dump_json()[:-1].encode() + b"," + body.model_dump_json()[1:].encode()


def decode(leaf: Leaf[M_co], payload: bytes) -> tuple[Envelope | None, M_co]:
    """Envelope and body of a message. Raises MessageRejected, with the reason as a word, for anything else."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MessageRejected("oversize", f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are read")
    try:
        if issubclass(leaf.payload, str):
            return None, leaf.payload(payload.decode())
        from_json(payload, allow_inf_nan=False)  # the models would let NaN pass in the fields they ignore
        return Envelope.model_validate_json(payload), leaf.payload.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "payload"
        reason = "version" if where == "v" and first["type"] == "literal_error" else "invalid"
        raise MessageRejected(reason, f"{where}: {first['msg']}; found {first['input']!r:.60}") from error
    except ValueError as error:
        raise MessageRejected("invalid", f"unreadable: {error}; found {payload[:40]!r}") from error

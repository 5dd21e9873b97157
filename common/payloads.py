"""What other programs' payloads mean: numbers, words and members of JSON, read leniently and never invented. Pure."""

import math
from dataclasses import dataclass
from typing import TypeAlias

import orjson
from pydantic import JsonValue

Document: TypeAlias = JsonValue
"""Whatever a payload holds: an object, a number, or plain text."""


@dataclass(frozen=True, slots=True)
class Words:
    """A pair of payloads. Compared without regard to case or blanks, as owners write them."""

    on: str
    off: str

    def read(self, value: JsonValue) -> bool | None:
        """True, False, or None for anything else."""
        said = text(value).casefold()
        return {self.on.strip().casefold(): True, self.off.strip().casefold(): False}.get(said)


def document(payload: bytes) -> Document:
    """JSON if it is JSON, else its text; None for what is neither."""
    try:
        loaded: JsonValue = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _decoded(payload)
    return loaded


def _decoded(payload: bytes) -> str | None:
    try:
        return payload.decode().strip()
    except UnicodeDecodeError:
        return None


def text(value: JsonValue) -> str:
    """A scalar as other programs write it: `true`, `21.5`, `ON`; nothing for what is no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int | float) else ""


def member(value: Document, path: str) -> JsonValue:
    """The member at a dotted path, blanks around names ignored; the whole for an empty path; None if absent."""
    for name in path.split(".") if path else ():
        value = _step(value, name)
    return value


def _step(value: JsonValue, name: str) -> JsonValue:
    if isinstance(value, dict):
        return value[name] if name in value else next((value[key] for key in value if key.strip() == name), None)
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        return value[int(name)]
    return None


def number(value: JsonValue) -> float | None:
    """A finite number, also one in quotes; None for `nan`, `unavailable`, true, and all the rest."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def scaled(value: JsonValue, factor: float) -> float | None:
    """A number in our unit."""
    found = number(value)
    return None if found is None else found * factor

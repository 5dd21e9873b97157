"""What an HTTP answer means: values, or one of our errors. Pure; both generations.

v1 judges on status and `error.id`, v2 on status and the reason behind the colon of `error`; never on prose.
"""

from typing import TypeVar

import orjson
from pydantic import JsonValue, TypeAdapter, ValidationError

from common.errors import DeviceRefused, DeviceUnintelligible
from common.homewizard.errors import ApiOff, ButtonNotPressed, NoTelegram, NotOffered, TokenRevoked

JsonObject = dict[str, JsonValue]
T = TypeVar("T")

OK = range(200, 300)
SHOWN = 40
"""Bytes of a bad answer that go into an error: enough to recognise it, too few for a meter's number."""
API_OFF = 202
"""v1: "API not enabled"."""
SWITCH_ON = (
    "Switch it on in the HomeWizard Energy app: Settings > Meters > your device > Local API. Reading resumes by itself."
)
PAIR = "Run `ballast pair homewizard` and press the device's button when it says so."


def json_object(body: bytes) -> JsonObject:
    """A JSON object without NaN, Infinity or numbers beyond a double. Raises DeviceUnintelligible."""
    value = _parsed(body)
    if not isinstance(value, dict):
        raise DeviceUnintelligible(f"not a JSON object: {body[:SHOWN]!r}")
    return value


def checked(kind: TypeAdapter[T], value: object) -> T:
    """`value` as `kind`. Raises DeviceUnintelligible without showing the value: it may hold a secret."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False))
        raise DeviceUnintelligible(f"unexpected shape at {places or 'the top'}") from None


def judge_v1(status: int, body: bytes, path: str) -> None:
    """Raise what a v1 answer means, if it is not a good one."""
    if status in OK:
        return
    if status == 404:
        raise NotOffered(f"{path} does not exist on this device or firmware")
    identifier = _v1_error(body)
    if (status, identifier) == (403, API_OFF):
        raise ApiOff(SWITCH_ON)
    raise DeviceRefused(f"{path}: HTTP {status}, error {identifier}")


def judge_v2(status: int, body: bytes, path: str) -> None:
    """Raise what a v2 answer means, if it is not a good one."""
    if status in OK:
        return
    if status == 404:
        raise NotOffered(f"{path} does not exist on this device or firmware")
    refuse_v2(_v2_error(body), f"{path}: HTTP {status}", unauthorised=status == 401)


def refuse_v2(reason: str, what: str, *, unauthorised: bool = False) -> None:
    """Raise what a v2 error (`scope:reason`) means, also in a websocket message."""
    last = reason.rsplit(":", 1)[-1]
    if unauthorised or last == "unauthorized":
        raise TokenRevoked(PAIR)
    if last == "creation-not-enabled":
        raise ButtonNotPressed("the device waits for its button")
    if last == "no-telegram-received":
        raise NoTelegram("the dongle receives nothing from the smart meter")
    if last == "no-storage":
        raise DeviceRefused("the device has no room for another user; remove one of its local users first")
    raise DeviceRefused(f"{what}, {reason[:80] or 'no reason given'}")


def _parsed(body: bytes) -> JsonValue:
    try:
        value: JsonValue = orjson.loads(body)
    except ValueError as error:
        raise DeviceUnintelligible(f"not JSON ({error}): {body[:SHOWN]!r}") from error
    return value


def _v1_error(body: bytes) -> JsonValue:
    """The `id` of a v1 error body, or None."""
    try:
        inner = json_object(body).get("error")
    except DeviceUnintelligible:
        return None
    return inner.get("id") if isinstance(inner, dict) else None


def _v2_error(body: bytes) -> str:
    """The `scope:reason` of a v2 error body; some come as plain text."""
    try:
        inner = json_object(body).get("error")
    except DeviceUnintelligible:
        return body[:80].decode(errors="replace").strip()
    return inner if isinstance(inner, str) else ""

"""What meters, dimmers and switched loads say, as values. Pure: bytes in, values or a DeviceError out.

A PZEM knows magnitudes only, so power here is ≥ 0; which way it flows is known from where its clamp hangs. Failures
look like data: another object on the same topic (v3), zeros (v2), text. None of them becomes a number.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import orjson
from pydantic import JsonValue

from common.errors import DeviceUnintelligible, DeviceUnreachable

Version = Literal["v2", "v3"]
FAILED_READS: Final = frozenset({"PZEM_READ_ERROR", "pzem_read"})
LEAST_V: Final = 60.0
MOST_V: Final = 300.0
MOST_A: Final = 110.0
IDLE_VA: Final = 25.0
"""A v2 module that sees more than this and no power has not read its power."""
LONGEST_WORD: Final = 64
Object = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one module measured. None is what it did not tell, or told as a zero that stands for a failure."""

    power_w: float
    voltage_v: float
    current_a: float | None = None
    frequency_hz: float | None = None
    energy_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Boot:
    """What a meter, dimmer or load says when it starts."""

    id: str
    firmware: str | None
    version: Version | None
    """The generation of the module behind a meter."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where a dimmer or switched load stands. A switched load is at 0 or 100."""

    percent: float
    is_enabled: bool = True
    """A dimmer that was told `off` stores percentages and gives none of them."""
    why: str = ""


def reading(payload: bytes, version: Version | None = None) -> Reading:
    """What a meter measured; `version` from its boot message, if that was heard.

    Raises DeviceUnreachable if its module was not read, DeviceUnintelligible if it is no reading at all.
    """
    said = _object(payload)
    if FAILED_READS & {key.strip() for key in said}:
        raise DeviceUnreachable("its module did not answer")
    if "power" in said:
        return _checked(_newer(said, version))
    return _checked(_older(said))


def _newer(said: Object, version: Version | None) -> Reading:
    """Module v3 counts kWh, v2 counts Wh and knows no frequency."""
    power_w, voltage_v = _needed(said, "power"), _needed(said, "voltage")
    current_a, frequency_hz, energy = (_number(said, key) for key in ("current", "frequency", "energy"))
    if version == "v2" or (version is None and not frequency_hz):
        return _second(power_w, voltage_v, current_a, energy)
    energy_wh = None if energy is None else round(energy * 1000)
    return Reading(power_w, voltage_v, current_a, frequency_hz or None, energy_wh)


def _second(power_w: float, voltage_v: float, current_a: float | None, energy: float | None) -> Reading:
    """A v2 module's value that could not be read is a zero, each for itself."""
    if not power_w and (current_a or 0.0) * voltage_v > IDLE_VA:
        raise DeviceUnreachable("its module told a current and no power")
    if not current_a and power_w > IDLE_VA:
        current_a = None
    return Reading(power_w, voltage_v, current_a, None, round(energy) if energy else None)


def _older(said: Object) -> Reading:
    """`pzem/0`, `pzem/1`: v, c, p and e in Wh; sent only when all four could be read."""
    energy = _number(said, "e")
    return Reading(
        _needed(said, "p"), _needed(said, "v"), _number(said, "c"), None, None if energy is None else round(energy)
    )


def _checked(read: Reading) -> Reading:
    """Raises unless every value can be what a module measures."""
    if read.voltage_v == 0:
        raise DeviceUnreachable("its module told no voltage")
    told = (read.power_w, read.current_a or 0.0, read.frequency_hz or 0.0, read.energy_wh or 0)
    if min(told) < 0 or not LEAST_V <= read.voltage_v <= MOST_V or (read.current_a or 0.0) > MOST_A:
        raise DeviceUnintelligible(f"no module measures this: {read}")
    return read


def boot(payload: bytes) -> Boot | None:
    """A boot message: looks like JSON, and is text without quotes, with empty values. None if it names nobody."""
    text = payload[:1024].decode(errors="replace").strip().strip("{}")
    parts = (part.partition(":") for part in text.split(","))
    said = {key.strip(' "\r\n'): value.strip(' "\r\n')[:LONGEST_WORD] for key, _, value in parts}
    if not said.get("id"):
        return None
    version: Version | None = next((known for known in _VERSIONS if known == said.get("pzem_version")), None)
    return Boot(said["id"], said.get("fw_version") or None, version)


_VERSIONS: Final[tuple[Version, ...]] = ("v2", "v3")


def dimmed(payload: bytes) -> Status:
    """Where a dimmer stands: an object with `percent`, or, of an older one, the percentage alone."""
    try:
        return Status(_percent(float(payload)))
    except ValueError:
        said = _object(payload)
    is_enabled = _word(said, "state").upper() != "OFF"
    return Status(_percent(_needed(said, "percent")), is_enabled, _word(said, "msg"))


def switched(payload: bytes, on: str, off: str) -> Status:
    """Where a switched load stands: an object with `state`, or one of its two words."""
    text = payload[:LONGEST_WORD].decode(errors="replace").strip()
    if text.startswith("{"):
        said = _object(payload)
        text = _word(said, "state")
    known = {"on": 100.0, "off": 0.0, off.lower(): 0.0, on.lower(): 100.0}
    if text.lower() not in known:
        raise DeviceUnintelligible(f"not a position: {payload[:60]!r}")
    return Status(known[text.lower()])


def _object(payload: bytes) -> Object:
    try:
        said = orjson.loads(payload)
    except ValueError as error:
        raise DeviceUnintelligible(f"not JSON: {payload[:60]!r}") from error
    if not isinstance(said, dict):
        raise DeviceUnintelligible(f"not an object: {payload[:60]!r}")
    return said


def _needed(said: Object, key: str) -> float:
    value = _number(said, key)
    if value is None:
        raise DeviceUnintelligible(f"no {key} in {dict(said)!r:.60}")
    return value


def _number(said: Object, key: str) -> float | None:
    """A value that is there must be a number; absent and null are None."""
    value = said.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DeviceUnintelligible(f"{key} is no number: {value!r:.40}")
    return float(value)


def _percent(value: float) -> float:
    if not 0 <= value <= 100:
        raise DeviceUnintelligible(f"not a percentage: {value:g}")
    return value


def _word(said: Object, key: str) -> str:
    value = said.get(key)
    return value[:LONGEST_WORD] if isinstance(value, str) else ""

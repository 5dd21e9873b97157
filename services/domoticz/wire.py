"""What Domoticz's messages mean, both ways. Pure. Unknown is never 0: what is not known is not sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.domoticz.config import Push

LONGEST_TEXT: Final = 200
COUNTERS: Final = ("energy_import_t1_wh", "energy_import_t2_wh", "energy_export_t1_wh", "energy_export_t2_wh")


@dataclass(frozen=True, slots=True)
class Value:
    """One value, ready for Domoticz."""

    nvalue: int
    svalue: str
    measure: tuple[float, ...]
    """What its changes are measured by; a counter that grows is no change."""


class Out(BaseModel):
    """A message on `domoticz/out`, as far as it concerns us."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    idx: int
    nvalue: int
    level: int | None = Field(default=None, alias="Level")
    svalue1: str | None = None


def update(idx: int, nvalue: int, svalue: str) -> str:
    """`udevice`: it changes what is shown and operates no hardware."""
    return orjson.dumps({"command": "udevice", "idx": idx, "nvalue": nvalue, "svalue": svalue}).decode()


def out(payload: bytes) -> Out | None:
    """The message; None for anything else."""
    try:
        return Out.model_validate_json(payload)
    except ValidationError:
        return None


def value(push: Push, state: Mapping[str, object]) -> Value | None:
    """What Domoticz is told of a state; None while it is not known."""
    if push.kind == "p1":
        return _p1(state)
    found = state.get(push.field)
    if push.kind == "text":
        return None if found is None else Value(0, str(found)[:LONGEST_TEXT].replace(";", ","), (hash(str(found)),))
    if push.kind == "switch":
        return Value(int(found), "", (float(found),)) if isinstance(found, bool) else None
    number = _part(_number(found), push.part)
    if number is None:
        return None
    if push.kind != "kwh":
        return Value(0, _text(number), (number,))
    counter = _number(state.get(push.energy_field))
    return None if counter is None else Value(0, f"{_text(number)};{round(counter)}", (number,))


def _p1(state: Mapping[str, object]) -> Value | None:
    """Six whole numbers without a sign; a meter that has no tariffs counts in the first."""
    power_w = _number(state.get("power_w"))
    counters = [_number(state.get(name)) for name in COUNTERS]
    if any(counter is None for counter in counters):
        imported, exported = _number(state.get("energy_import_wh")), _number(state.get("energy_export_wh"))
        counters = [imported, 0.0, exported, 0.0]
    known = [round(counter) for counter in counters if counter is not None]
    if power_w is None or len(known) < len(COUNTERS):
        return None
    flows = (round(max(0.0, power_w)), round(max(0.0, -power_w)))
    return Value(0, ";".join(map(str, (*known, *flows))), (power_w,))


def _part(number: float | None, part: str) -> float | None:
    if number is None or part == "all":
        return number
    return max(0.0, number if part == "import" else -number)


def _number(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _text(number: float) -> str:
    """With one decimal at most: a database of five-minute points needs no more."""
    rounded = round(number, 1)
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.1f}"

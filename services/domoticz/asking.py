"""What a device of Domoticz asks for, and how it looks when that is granted. Pure."""

from dataclasses import dataclass

from common.same import is_same, number
from services.domoticz.config import Take
from services.domoticz.wire import Out


@dataclass(frozen=True, slots=True)
class Shown:
    """How a device of Domoticz is shown."""

    nvalue: int
    svalue: str


def wish(take: Take, said: Out) -> str | None:
    """The setting it asks for; None for a position that means nothing to us."""
    if take.kind == "switch":
        return take.when_on if said.nvalue else take.when_off
    if take.kind == "selector":
        level = said.level if said.level is not None else _whole(said.svalue1)
        level = level if said.nvalue else 0
        return None if level is None else take.levels.get(level)
    asked = number(said.svalue1)
    return None if asked is None else f"{asked:g}"


def shown(take: Take, setting: str) -> Shown | None:
    """How it should be shown while a setting is in force; None if it cannot show that."""
    if take.kind == "switch":
        positions = {take.when_off: Shown(0, ""), take.when_on: Shown(1, "")}
        return next((found for word, found in positions.items() if is_same(word, setting)), None)
    if take.kind == "selector":
        levels = (level for level, word in take.levels.items() if is_same(word, setting))
        return next((Shown(2 if level else 0, str(level)) for level in levels), None)
    told = number(setting)
    return None if told is None else Shown(0, f"{told:g}")


def _whole(text: str | None) -> int | None:
    found = number(text)
    return None if found is None else round(found)

"""Teleinformation of a Linky or an older meter: labels in, words about days out. Pure.

The meter's clock may be minutes off, and what comes by radio hours late. So its present colour is believed only while
its peak or off-peak is ours, and its announcement only in the hours in which it makes one.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from services.tempo.calendar import DAY, Colour
from services.tempo.hours import Hours
from services.tempo.knowledge import Word

Labels = Mapping[str, str]
"""Values by the meter's own labels; `TODAY`, `PERIOD` and `TOMORROW` where a program translates them."""
ANNOUNCED_FROM: Final = time(20)
_REGISTER: Final = re.compile("[0-9A-Fa-f]{8}")
MARGIN: Final = timedelta(minutes=15)
"""How far a meter's clock may be off."""


class Period(NamedTuple):
    """What the meter counts now."""

    colour: Colour
    is_off_peak: bool


_COLOURS: Final = {
    "BLEU": Colour.BLUE, "BLAN": Colour.WHITE, "BLANC": Colour.WHITE, "ROUG": Colour.RED, "ROUGE": Colour.RED,
}  # fmt: skip
_LETTERS: Final = {"B": Colour.BLUE, "W": Colour.WHITE, "R": Colour.RED}
_PTEC: Final = {f"{way}J{letter}": Period(_LETTERS[letter], way == "HC") for way in ("HC", "HP") for letter in _LETTERS}
_LTARF: Final = {
    f"{way} {name}": Period(_COLOURS[name], way == "HC") for way in ("HC", "HP") for name in ("BLEU", "BLANC", "ROUGE")
}
_NTARF: Final = {str(2 * colour + 1 + way): Period(colour, way == 0) for colour in Colour for way in (0, 1)}


def words(labels: Labels, hours: Hours, at: datetime, source: str) -> tuple[Word, ...]:
    """What a meter's labels, read at an instant, say of the running day and the next."""
    today = hours.day_of(at)
    period = running(labels)
    heard = []
    if period is not None and period.is_off_peak is hours.is_off_peak(at):
        heard.append(Word(day=today, colour=period.colour, source=source, is_billed=True))
    tomorrow = [*_points(labels, today + DAY, hours), *(_announced(labels) if _announces(hours, at) else ())]
    if tomorrow:
        heard.append(Word(day=today + DAY, colour=max(tomorrow), source=source))
    return tuple(heard)


def running(labels: Labels) -> Period | None:
    """Colour and hours that the meter counts in now; None for no signal and for other contracts."""
    said = {name: _plain(labels.get(name)) for name in ("PTEC", "LTARF", "NTARF", "TODAY", "PERIOD")}
    spoken = _COLOURS.get(said["TODAY"]), _hour(said["PERIOD"])
    if spoken[0] is not None and spoken[1] is not None:
        return Period(spoken[0], spoken[1])
    return _PTEC.get(said["PTEC"]) or _LTARF.get(said["LTARF"]) or _NTARF.get(said["NTARF"].lstrip("0"))


def announced(labels: Labels) -> Colour | None:
    """The next day's colour as the meter announces it; None for none, or not yet."""
    return max(_announced(labels), default=None)


def register_tomorrow(text: str) -> Colour | None:
    """The next day's colour in the status register: bits 26 and 27; 0 is none."""
    code = int(text, 16) >> 26 & 3 if _REGISTER.fullmatch(text) else 0
    return Colour(code - 1) if code else None


def _announced(labels: Labels) -> Iterator[Colour]:
    spoken = (_COLOURS.get(_plain(labels.get(name))) for name in ("DEMAIN", "TOMORROW"))
    for colour in (*spoken, register_tomorrow(_plain(labels.get("STGE")))):
        if colour is not None:
            yield colour


def _points(labels: Labels, day: date, hours: Hours) -> Iterator[Colour]:
    """Announced with its beginning: `DPM1` is a white day, `DPM2` a red one."""
    for name, colour in (("DPM1", Colour.WHITE), ("DPM2", Colour.RED)):
        begins = _stamp(_plain(labels.get(name)), hours)
        if begins is not None and begins == datetime.combine(day, hours.day_starts):
            yield colour


def _stamp(text: str, hours: Hours) -> datetime | None:
    """`241203060000`, with or without the letter of its season in front, or ISO 8601, as local time."""
    try:
        if "-" in text:
            told = datetime.fromisoformat(text)
            return told.astimezone(hours.zone).replace(tzinfo=None) if told.tzinfo else None
        return datetime.strptime(f"{text[-12:]}+0000", "%y%m%d%H%M%S%z").replace(tzinfo=None)
    except ValueError:
        return None


def _announces(hours: Hours, at: datetime) -> bool:
    """Whether the meter makes its announcement now: from 20:00 until shortly before the day begins."""
    tomorrow = hours.day_of(at) + DAY
    return hours.instant(tomorrow - DAY, ANNOUNCED_FROM) <= at < hours.start(tomorrow) - MARGIN


def _hour(text: str) -> bool | None:
    """Whether `Creuse`, `Pleine`, `Heure pleine` is off-peak."""
    return next((is_off for word, is_off in (("CREUSE", True), ("PLEINE", False)) if word in text), None)


def _plain(text: str | None) -> str:
    """Without padding, NULs and doubled blanks."""
    return " ".join((text or "").replace("\0", " ").upper().split())

"""Paris, its local times as instants, and the hours of Tempo."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from services.tempo.calendar import Colour, RedSeason
from services.tempo.hours import Hours, Window
from services.tempo.knowledge import Word

PARIS = ZoneInfo("Europe/Paris")
TEMPO = Hours(PARIS, time(6), (Window(time(22), time(6)),))
SEASON = RedSeason()
BLUE, WHITE, RED = Colour


def at(text: str) -> datetime:
    """`2026-01-06 22:00` on the clocks of Paris; a trailing `*` is the second of an hour that comes twice."""
    local = datetime.fromisoformat(text.removesuffix("*")).replace(tzinfo=PARIS, fold=text.endswith("*"))
    return local.astimezone(UTC)


def word(day: str, colour: Colour, source: str = "rte", *, is_final: bool = True, is_billed: bool = False) -> Word:
    """What a source says."""
    told = datetime.fromisoformat(day).date()
    return Word(day=told, colour=colour, source=source, is_final=is_final, is_billed=is_billed)

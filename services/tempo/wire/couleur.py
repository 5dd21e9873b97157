"""api-couleur-tempo.fr, a community's copy of RTE's calendar, by calendar date. Pure."""

from collections.abc import Sequence
from datetime import date, time
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from common.errors import DeviceUnintelligible
from services.tempo.calendar import Colour, season_start
from services.tempo.knowledge import Word
from services.tempo.wire.days import Hearing

BINDING: Final = time(12)
"""It asks RTE a few times a day only."""


class _Day(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    day: date = Field(alias="dateJour")
    code: int = Field(alias="codeJour")


_DAYS: Final = TypeAdapter(tuple[_Day, ...])


def days_path(days: Sequence[date]) -> str:
    """Some days, by date: its `today` and `tomorrow` change at midnight."""
    return "/joursTempo?" + "&".join(f"dateJour%5B%5D={day.isoformat()}" for day in days)


def season_path(day: date) -> str:
    """A whole season."""
    first = season_start(day).year
    return f"/joursTempo?periode%5B%5D={first}-{first + 1}"


def days(body: bytes, hearing: Hearing) -> tuple[Word, ...]:
    """Its words: 1 blue, 2 white, 3 red; 0 is unknown. Raises DeviceUnintelligible."""
    try:
        told = _DAYS.validate_json(body)
    except ValidationError as error:
        raise DeviceUnintelligible(f"not what api-couleur-tempo is known to say: {body[:60]!r}") from error
    return tuple(hearing.word(each.day, Colour(each.code - 1)) for each in told if each.code in (1, 2, 3))

"""RTE, which decides the colours: the feeds of its public page, and its official API. Pure.

Both name the calendar date on which a day begins, and run it from midnight to midnight; it begins at 06:00.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import DeviceUnintelligible
from services.tempo.calendar import DAY, Colour, season_start
from services.tempo.hours import MIDNIGHT, Hours
from services.tempo.knowledge import Word
from services.tempo.wire.days import Hearing

A = TypeVar("A", bound="_Answer")
_COLOURS: Final = {colour.name: colour for colour in Colour}
LIGHT: Final = "/tempoLight"
FALLBACK: Final = "-fallback"
TOKEN: Final = "/token/oauth"
CALENDAR: Final = "/open_api/tempo_like_supply_contract/v1/tempo_like_calendars"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Feed(_Answer):
    values: dict[str, str]


class _Value(_Answer):
    start_date: datetime
    value: str | None = None
    fallback: bool = False


class _Calendar(_Answer):
    values: tuple[_Value, ...]


class _Official(_Answer):
    tempo_like_calendars: _Calendar


class Token(_Answer):
    """Leave to ask, for a while."""

    access_token: str = Field(min_length=1)
    expires_in: float = Field(gt=0)
    """In s."""


def season_path(day: date) -> str:
    """The feed of a whole season."""
    first = season_start(day).year
    return f"/tempo?season={first}-{first + 1}"


def feed(body: bytes, hearing: Hearing) -> tuple[Word, ...]:
    """The words of a feed. A day that is absent is not known yet. Raises DeviceUnintelligible."""
    values = _read(_Feed, body).values
    return tuple(
        hearing.word(day, _COLOURS[value], is_degraded=values.get(name + FALLBACK) == "true")
        for name, value in values.items()
        if (day := _date(name)) is not None and value in _COLOURS
    )


def token(body: bytes) -> Token:
    """The token in an answer. Raises DeviceUnintelligible."""
    return _read(Token, body)


def calendar_path(first: date, last: date, hours: Hours) -> str:
    """The official API's days from `first` to `last`; its end is the midnight after it."""
    start, end = (quote(hours.instant(day, MIDNIGHT).astimezone(hours.zone).isoformat()) for day in (first, last + DAY))
    return f"{CALENDAR}?start_date={start}&end_date={end}&fallback_status=true"


def calendar(body: bytes, hearing: Hearing) -> tuple[Word, ...]:
    """The words of the official API; a day may lack its colour. Raises DeviceUnintelligible."""
    return tuple(_official(_read(_Official, body), hearing))


def _official(answer: _Official, hearing: Hearing) -> Iterator[Word]:
    for value in answer.tempo_like_calendars.values:
        if value.value in _COLOURS and value.start_date.tzinfo is not None:
            day = value.start_date.astimezone(hearing.hours.zone).date()
            yield hearing.word(day, _COLOURS[value.value], is_degraded=value.fallback)


def _read(model: type[A], body: bytes) -> A:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise DeviceUnintelligible(f"not what RTE is known to say: {body[:60]!r}") from error


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

"""Prices of the day ahead, as anybody's JSON: a list of objects, or two lists side by side. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from pydantic import JsonValue

from common.errors import DeviceUnintelligible
from common.payloads import document, member, number

LONGEST: Final = timedelta(hours=1)
"""What is said without an end lasts until the next, and no longer than this."""
MOST: Final = 1000
DEAREST: Final = 10.0
"""EUR/kWh; what lies beyond is a slip in the unit."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are, as dotted paths."""

    items: str | None
    """The list of objects; None: `start` and `price` are lists themselves. Empty: the whole document is the list."""
    start: str
    price: str
    end: str | None = None
    scale: float = 1.0
    """What a number has to be multiplied by to be EUR/kWh: 0.001 for EUR/MWh."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One price of the exchange, `[start, end)`, in EUR/kWh, without taxes."""

    start: datetime
    end: datetime
    price: float


def spots(body: bytes, layout: Layout) -> tuple[Spot, ...]:
    """The prices in an answer, in order. Raises DeviceUnintelligible if there are none, or any is wrong."""
    found = sorted(_rows(document(body), layout), key=lambda row: row[0])
    if not found:
        raise DeviceUnintelligible(f"no prices in {body[:60]!r}")
    ends = (*(later[0] for later in found[1:]), found[-1][0] + _step(found))
    return tuple(
        Spot(start, end or min(following, start + LONGEST), price)
        for (start, end, price), following in zip(found, ends, strict=True)
    )


Row = tuple[datetime, datetime | None, float]


def _rows(told: JsonValue, layout: Layout) -> Iterator[Row]:
    for start, end, price in list(_raw(told, layout))[:MOST]:
        begins, value = instant(start), number(price)
        if begins is None or value is None or abs(value * layout.scale) > DEAREST:
            raise DeviceUnintelligible(f"a price that cannot be read: {start!r:.40}, {price!r:.40}")
        yield begins, instant(end), round(value * layout.scale, 6)


def _raw(told: JsonValue, layout: Layout) -> Iterable[tuple[JsonValue, JsonValue, JsonValue]]:
    if layout.items is None:
        starts, prices = _list(told, layout.start), _list(told, layout.price)
        return ((start, None, price) for start, price in zip(starts, prices, strict=False))
    end = layout.end
    return (
        (member(item, layout.start), member(item, end) if end else None, member(item, layout.price))
        for item in _list(told, layout.items)
    )


def _list(told: JsonValue, path: str) -> list[JsonValue]:
    found = member(told, path)
    return found if isinstance(found, list) else []


def instant(value: JsonValue) -> datetime | None:
    """ISO 8601 with its offset, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        try:
            told = datetime.fromisoformat(value)
        except ValueError:
            return None
        return told.astimezone(UTC) if told.tzinfo else None
    since = number(value)
    try:
        return None if since is None else datetime.fromtimestamp(since / 1000 if since > 1e11 else since, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _step(rows: list[Row]) -> timedelta:
    """How long the last one lasts: as long as the shortest before it."""
    return min((later[0] - earlier[0] for earlier, later in pairwise(rows)), default=LONGEST)

"""What the sources said of each day, and what follows from it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import JsonValue, TypeAdapter

from common.contract.tariff import Certainty
from services.tempo.calendar import DAY, Colour

_ROW: Final = TypeAdapter(tuple[date, int, str, bool, bool])
REACH: Final = 400 * DAY
"""Longer ago than a season is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one source says of one day."""

    day: date
    colour: Colour
    source: str
    is_final: bool = True
    """It cannot change any more."""
    is_billed: bool = False
    """The meter counts in this colour's register: that is what will be paid, whatever others say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What all of them together say of one day."""

    colour: Colour | None = None
    certainty: Certainty = "unknown"
    source: str | None = None
    dissent: tuple[str, ...] = ()
    """Sources whose final word is another."""


UNKNOWN: Final = Verdict()


class Knowledge:
    """Every word that counts, one per day and source. `order`: the sources, those to be named first in front."""

    def __init__(self, order: Sequence[str]) -> None:
        self._order = {source: rank for rank, source in enumerate(order)}
        self._days: dict[date, dict[str, Word]] = {}
        self._verdicts: dict[date, Verdict] = {}

    def hear(self, words: Iterable[Word]) -> bool:
        """Take words in; returns whether any was new. What is binding does not give way to what is not."""
        news = False
        for word in words:
            said = self._days.setdefault(word.day, {})
            known = said.get(word.source)
            if word != known and (known is None or _weight(word) >= _weight(known)):
                said[word.source], news = word, True
                self._verdicts.pop(word.day, None)
        return news

    def verdict(self, day: date) -> Verdict:
        """Billed counts before final, final before provisional; among equals the dearer, until they agree."""
        if day not in self._days:
            return UNKNOWN
        if day not in self._verdicts:
            said = self._days[day].values()
            self._verdicts[day] = _verdict(
                sorted(said, key=lambda word: self._order.get(word.source, len(self._order)))
            )
        return self._verdicts[day]

    def said(self, day: date, source: str) -> Word | None:
        """What one source said of a day."""
        return self._days.get(day, {}).get(source)

    def colours(self) -> Mapping[date, Colour]:
        """The colour of each day that is known."""
        return {day: colour for day in self._days if (colour := self.verdict(day).colour) is not None}

    def tidy(self, today: date) -> None:
        """Of days that are over the verdict is kept, and who gave it; of those long past nothing."""
        for day in [day for day in self._days if today - day > REACH]:
            del self._days[day]
        self._verdicts.clear()
        for day in [day for day in self._days if day < today]:
            source = self.verdict(day).source
            self._days[day] = {name: word for name, word in self._days[day].items() if name == source}

    def dump(self) -> JsonValue:
        """All of it, for the disk."""
        return [
            [day.isoformat(), int(word.colour), word.source, word.is_final, word.is_billed]
            for day, said in sorted(self._days.items())
            for word in said.values()
        ]

    def load(self, dumped: JsonValue) -> None:
        """Take in what was dumped; what cannot be read is left out."""
        self.hear(word for row in (dumped if isinstance(dumped, list) else ()) if (word := _word(row)) is not None)


def _verdict(words: Sequence[Word]) -> Verdict:
    best = max(map(_weight, words))
    heard = [word for word in words if _weight(word) == best]
    colour = max(word.colour for word in heard)
    return Verdict(
        colour=colour,
        certainty="final" if heard[0].is_final else "provisional",
        source=next(word.source for word in heard if word.colour is colour),
        dissent=tuple(word.source for word in words if word.is_final and word.colour is not colour),
    )


def _weight(word: Word) -> tuple[bool, bool]:
    return word.is_billed, word.is_final


def _word(row: JsonValue) -> Word | None:
    try:
        day, colour, source, is_final, is_billed = _ROW.validate_python(row)
        return Word(day=day, colour=Colour(colour), source=source, is_final=is_final, is_billed=is_billed)
    except ValueError:  # pydantic's is one of them
        return None

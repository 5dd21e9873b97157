"""From a day and a colour in somebody's words to a word of ours, and when it is binding. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from services.tempo.calendar import DAY, Colour
from services.tempo.hours import Hours
from services.tempo.knowledge import Word

BINDING: Final = time(10, 40)
"""RTE decides at 10:30 the day before; what it shows earlier that morning may still change."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who is read, when, and from which hour of the day before its word is binding."""

    source: str
    hours: Hours
    at: datetime
    binding: time = BINDING

    def word(self, day: date, colour: Colour, *, is_degraded: bool = False) -> Word:
        """Its word about a day; days in their own calendar dates, which begin at 06:00 all the same."""
        is_binding = self.at >= self.hours.instant(day - DAY, self.binding)
        return Word(day=day, colour=colour, source=self.source, is_final=is_binding and not is_degraded)

"""What is remembered of a water heater beyond today: what it took on the last days, and what it still gets."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from services.balancer.loads.stored import Stored

KEPT_DAYS = 3


class Past(NamedTuple):
    """One day that is over."""

    day: int
    energy_wh: float
    was_full: bool


@dataclass(frozen=True, slots=True)
class Warmth:
    """One water heater's memory."""

    days: tuple[Past, ...] = ()
    looked: int | None = None
    """Number of the last look at it; it grows by one each time the hour of looking comes."""
    owed_wh: float = 0.0
    """What it still gets, from wherever the power comes."""
    due_s: float | None = None
    """By when it should have had that."""

    def closed(self, stored: Stored) -> "Warmth":
        """The same at the end of a day."""
        if stored.day is None:
            return self
        return replace(self, days=(*self.days, Past(stored.day, stored.energy_wh, stored.was_full))[-KEPT_DAYS:])

    def gained(self, energy_wh: float, *, is_full: bool) -> "Warmth":
        """It took something up; when it is full nothing is owed any more."""
        owed_wh = 0.0 if is_full else max(0.0, self.owed_wh - energy_wh)
        return self if owed_wh == self.owed_wh else replace(self, owed_wh=owed_wh)

    def looked_at(self, number: int, owed_wh: float, due_s: float | None) -> "Warmth":
        """The hour of looking came: what was owed until then is forgotten."""
        return replace(self, looked=number, owed_wh=owed_wh, due_s=due_s if owed_wh > 0 else None)

    def past(self, day: int, stored: Stored) -> Past:
        """What it took on a day. A day that nobody counted is taken for cold: nothing in it, and not full."""
        if stored.day == day:
            return Past(day, stored.energy_wh, stored.was_full)
        return next((past for past in self.days if past.day == day), Past(day, 0.0, False))

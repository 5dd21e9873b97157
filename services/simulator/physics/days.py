"""What people do at about the same time each day: use hot water, take the bicycle. Seeded."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
WORKDAYS = (0, 1, 2, 3, 4)


@dataclass(frozen=True, kw_only=True)
class Habit:
    """Something that happens at about this time and takes so long."""

    at: time
    lasts_s: float
    energy_wh: float
    """What it takes out of the store, more or less."""
    days: tuple[int, ...] = EVERY_DAY
    """Days of the week, Monday is 0."""


@dataclass(frozen=True, slots=True)
class Event:
    """A habit on a certain day. Seconds after the beginning of the simulation; may begin before it."""

    begins_s: float
    ends_s: float
    energy_wh: float


def events(
    habits: Sequence[Habit], starts_at: datetime, seed: str, *, jitter_s: float = 600.0, spread: float = 0.25
) -> Iterator[Event]:
    """Without end: what happens from the day of `starts_at` on, in order of beginning and never two at once."""
    chance = random.Random(seed)
    day = starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
    free_s = float("-inf")
    while habits:
        due = [(_second(habit, day, starts_at, chance.uniform(-jitter_s, jitter_s)), habit) for habit in habits]
        for due_s, habit in sorted(due, key=lambda pair: pair[0]):
            energy_wh = habit.energy_wh * chance.uniform(1 - spread, 1 + spread)
            if day.weekday() in habit.days:
                begins_s = max(due_s, free_s)
                free_s = begins_s + habit.lasts_s
                yield Event(begins_s, free_s, energy_wh)
        day += timedelta(days=1)


def _second(habit: Habit, day: datetime, starts_at: datetime, late_s: float) -> float:
    at = day.replace(hour=habit.at.hour, minute=habit.at.minute, second=habit.at.second)
    return (at - starts_at).total_seconds() + late_s

"""Who was on for how much of the last 24 hours, in buckets of an hour."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

HOUR_S = 3600.0
HOURS = 24


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: its number, for how long anybody looked, and how long each output was on then."""

    number: int
    seen_s: float = 0.0
    on_s: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """The last hours, oldest first."""

    hours: tuple[Hour, ...] = ()

    def add(self, on: Collection[str], now_s: float, elapsed_s: float) -> "Received":
        """After `elapsed_s` in which these outputs were on."""
        number = int(now_s // HOUR_S)
        kept = tuple(hour for hour in self.hours if number - HOURS < hour.number <= number)
        last = kept[-1] if kept and kept[-1].number == number else Hour(number)
        before: Mapping[str, float] = dict(last.on_s)
        on_s = {name: before.get(name, 0.0) + elapsed_s * (name in on) for name in {*before, *on}}
        fresh = Hour(number, last.seen_s + elapsed_s, tuple(sorted(on_s.items())))
        return Received((*(hour for hour in kept if hour.number != number), fresh))

    def share_pct(self, name: str) -> float | None:
        """Part of the time in %; None before anything was seen."""
        seen_s = sum(hour.seen_s for hour in self.hours)
        on_s = sum(dict(hour.on_s).get(name, 0.0) for hour in self.hours)
        return 100 * on_s / seen_s if seen_s > 0 else None

"""A contract's day and its off-peak hours as instants, right on the days the clocks change. Pure.

Local times become instants through the zone, never by adding 24 hours: a day has 23, 24 or 25.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the local clock, `[start, end)`; an end before the start lies on the next day."""

    start: time
    end: time

    def holds(self, at: time) -> bool:
        """Whether a time of day lies in it."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True)
class Hours:
    """When a contract's day begins, and when it is off-peak."""

    zone: ZoneInfo
    day_starts: time = MIDNIGHT
    off_peak: tuple[Window, ...] = ()
    weekends_off_peak: bool = False

    def day_of(self, at: datetime) -> date:
        """The contract's day that an instant belongs to."""
        local = at.astimezone(self.zone)
        return local.date() if local.time() >= self.day_starts else local.date() - DAY

    def start(self, day: date) -> datetime:
        """When a day begins."""
        return self.instant(day, self.day_starts)

    def instant(self, day: date, at: time) -> datetime:
        """A local time, in UTC. The hour that comes twice means its first, the one that is missing its end."""
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)

    def is_off_peak(self, at: datetime) -> bool:
        """Whether an instant is off-peak."""
        local = at.astimezone(self.zone)
        is_weekend = self.weekends_off_peak and local.weekday() >= 5
        return is_weekend or any(window.holds(local.time()) for window in self.off_peak)

    def pieces(self, day: date, also: Iterable[date] = ()) -> Iterator[tuple[datetime, datetime]]:
        """The day in spans within which nothing changes; `also`: dates on which prices change, at midnight."""
        start, end = self.start(day), self.start(day + DAY)
        times = {time for window in self.off_peak for time in (window.start, window.end)}
        edges = {self.instant(each, at) for each in (day, day + DAY) for at in times | {MIDNIGHT}}
        turns = {self.instant(each, MIDNIGHT) for each in also}
        cuts = sorted({start, end} | {edge for edge in edges | turns if start < edge < end})
        yield from pairwise(cuts)

"""What a load draws that nobody measures, learnt from the house's meter: the step it makes when it is switched.

A step is the middle of some calm readings after the switching less the middle of some before it. Another appliance may
be switched at the same moment, so one step is a guess, and some that agree are knowledge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple

SAMPLES = 4
"""Readings on either side of a switching."""
LEAST_SAMPLES = 3
OLDEST_S = 60.0
"""Older readings before a switching say nothing about it."""
SETTLES_S = 3.0
"""Its relay has switched by then, and an inrush is over."""
PATIENCE_S = 120.0
UNREST_W, UNREST_SHARE = 60.0, 0.25
"""Readings that lie further apart, or by more of the step, tell nothing."""
LEAST_W = 50.0
"""A smaller step is none: it draws nothing, or too little to be seen."""
KEPT, SURE = 7, 3
AGREE_W, AGREE_SHARE = 30.0, 0.1


class Step(NamedTuple):
    """What the house's meter showed of one switching."""

    at_s: float
    """When it was switched."""
    on: bool
    power_w: float
    """By how much the house drew more (switched on) or less (off); about 0 if the load drew nothing."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The last readings, the switching that is waited for, and the sizes of those before."""

    calm: tuple[tuple[float, float], ...] = ()
    """(time, what the house draws with this load and without all that is dosed or switched besides)."""
    turned: tuple[float, bool] | None = None
    """(time, on or off) of the switching whose step is not known yet."""
    after: tuple[tuple[float, float], ...] = ()
    sizes_w: tuple[float, ...] = ()
    """Of the last switchings at which it drew something."""
    since_s: float | None = None
    """When it was switched last, as far as is known here."""

    def follow(self, on: bool, since_s: float | None) -> "Steps":
        """It is on or off since then; if that is news, its step is waited for."""
        if since_s == self.since_s or since_s is None:
            return self
        before = tuple(reading for reading in self.calm if since_s - OLDEST_S <= reading[0] <= since_s)
        known = len(before) >= LEAST_SAMPLES
        return replace(self, calm=before, turned=(since_s, on) if known else None, after=(), since_s=since_s)

    def since_a_fall(self, readings: int) -> "Steps":
        """Only so many of the last readings are about the house as it is now."""
        return replace(self, calm=self.calm[-readings:])

    def watch(self, draw_w: float, start_s: float, end_s: float) -> tuple["Steps", Step | None]:
        """Take in a reading, the mean over a time in which nothing else moved; and the step, once it is known."""
        reading = (end_s, draw_w)
        if self.turned is None:
            return replace(self, calm=(*self.calm, reading)[-SAMPLES:]), None
        if start_s < self.turned[0] + SETTLES_S:
            return self, None
        after = (*self.after, reading)
        if start_s > self.turned[0] + PATIENCE_S:
            return self._calmed(after), None
        if len(after) < SAMPLES:
            return replace(self, after=after), None
        step = _step(self.calm, after, *self.turned)
        return self._calmed(after)._grown(step), step

    def _calmed(self, after: tuple[tuple[float, float], ...]) -> "Steps":
        """Nothing is waited for any more."""
        return replace(self, calm=after[-SAMPLES:], turned=None, after=())

    def _grown(self, step: Step | None) -> "Steps":
        if step is None or step.power_w < LEAST_W:
            return self
        return replace(self, sizes_w=(*self.sizes_w, step.power_w)[-KEPT:])

    @property
    def power_w(self) -> float | None:
        """What it draws, as far as its steps say; None if it has not made any."""
        return median(self.sizes_w) if self.sizes_w else None

    @property
    def is_sure(self) -> bool:
        """Whether enough of them agree."""
        if len(self.sizes_w) < SURE:
            return False
        middle_w = median(self.sizes_w)
        off_w = median(abs(size_w - middle_w) for size_w in self.sizes_w)
        return off_w <= max(AGREE_W, AGREE_SHARE * middle_w)


def _step(
    before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]], at_s: float, on: bool
) -> Step | None:
    """None if the house was too restless to tell."""
    befores_w, afters_w = [draw_w for _, draw_w in before], [draw_w for _, draw_w in after]
    more_w = median(afters_w) - median(befores_w)
    rest_w = max(UNREST_W, UNREST_SHARE * abs(more_w))
    if max(_unrest_w(befores_w), _unrest_w(afters_w)) > rest_w:
        return None
    return Step(at_s, on, more_w if on else -more_w)


def _unrest_w(readings_w: Sequence[float]) -> float:
    """How far apart they lie, the one that fits least aside."""
    ordered = sorted(readings_w)
    return min(ordered[-1] - ordered[1], ordered[-2] - ordered[0])

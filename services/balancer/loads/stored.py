"""What a load has taken up today, and whether it is full: a boiler whose thermostat opened, a bicycle that is charged.

Energy is counted from the device's own counter where it has one, else from power and really elapsed time. What a load
takes up while nobody looks is counted afterwards if its counter tells, unless a day has ended meanwhile.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

IDLE_SHARE = 0.1
"""Drawing less than this share of its rated power while it is on, a load takes nothing up."""
FULL_AFTER_S = 60.0
"""It has drawn power since it was switched on, and stopped for so long: it is full."""
WARY_AFTER_S = 600.0
"""It has drawn nothing at all since it was switched on: its thermostat may be open for a moment, so wait longer."""
LONG_AGO_S = float("-inf")
"""Time of a sample from before a restart: of it only the counter still says something."""
LONGEST_GAP_S = 120.0
"""Between two samples further apart, the power in between is nobody's knowledge; only a counter tells it."""


class Sample(NamedTuple):
    """One measurement of a load. None: not known."""

    at_s: float
    on: bool | None
    power_w: float | None
    counter_wh: float | None = None
    """Its own lifetime counter."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of one load's day."""

    day: int | None = None
    """The day these figures are about."""
    energy_wh: float = 0.0
    """Taken up since the day began."""
    ran_s: float = 0.0
    """Time it drew power since the day began."""
    is_full: bool = False
    """It is on and takes nothing more up."""
    was_full: bool = False
    """It has been, at some time of the day."""
    has_drawn: bool = False
    """It drew power since it was last switched on."""
    idle_since_s: float | None = None
    """Since when it is on and takes nothing up."""
    last: Sample | None = None

    def on_day(self, day: int) -> "Stored":
        """The same, or a fresh beginning when the day is a new one: what was taken up is taken to be used up."""
        if day == self.day:
            return self
        if self.day is None:
            return replace(self, day=day)
        last = self.last if self.last is None or self.last.at_s > LONG_AGO_S else None
        return replace(
            self, day=day, energy_wh=0.0, ran_s=0.0, is_full=False, was_full=False, idle_since_s=None, last=last
        )

    def measured(self, sample: Sample, rated_w: float) -> "Stored":
        """The same after one more sample. `rated_w`: what it draws, or is told to draw, when it takes energy up."""
        if self._is_old(sample):
            return self
        grown = self.believed(sample, rated_w)
        if sample.power_w is None or sample.on is None:
            return grown
        if not sample.on:
            return replace(grown, has_drawn=False, idle_since_s=None)
        if _works(sample, rated_w):
            return replace(grown, has_drawn=True, idle_since_s=None, is_full=False)
        return _idle(grown, sample.at_s)

    def believed(self, sample: Sample, rated_w: float) -> "Stored":
        """The same after a sample whose power nobody has measured: it counts, and shows nothing of being full."""
        if self._is_old(sample):
            return self
        ran_s = _elapsed_s(self.last, sample) if _works(sample, rated_w) else 0.0
        gained_wh = _gained_wh(self.last, sample)
        return replace(self, energy_wh=self.energy_wh + gained_wh, ran_s=self.ran_s + ran_s, last=sample)

    def filled(self) -> "Stored":
        """It has shown that it takes nothing more up."""
        return replace(self, is_full=True, was_full=True)

    def _is_old(self, sample: Sample) -> bool:
        return self.last is not None and sample.at_s <= self.last.at_s


def _idle(stored: Stored, now_s: float) -> Stored:
    since_s = now_s if stored.idle_since_s is None else stored.idle_since_s
    enough_s = FULL_AFTER_S if stored.has_drawn else WARY_AFTER_S
    idle = replace(stored, idle_since_s=since_s)
    return idle.filled() if now_s - since_s >= enough_s else idle


def _works(sample: Sample, rated_w: float) -> bool:
    """Whether it takes up energy."""
    return bool(sample.on) and sample.power_w is not None and sample.power_w >= IDLE_SHARE * rated_w


def _elapsed_s(before: Sample | None, sample: Sample) -> float:
    """Real time between two samples; a longer silence counts for nothing."""
    elapsed_s = sample.at_s - before.at_s if before else 0.0
    return elapsed_s if elapsed_s <= LONGEST_GAP_S else 0.0


def _gained_wh(before: Sample | None, sample: Sample) -> float:
    if before is None:
        return 0.0
    if before.counter_wh is not None and sample.counter_wh is not None and sample.counter_wh >= before.counter_wh:
        return sample.counter_wh - before.counter_wh
    if before.power_w is None or sample.power_w is None:
        return 0.0
    mean_w = max(0.0, (before.power_w + sample.power_w) / 2)
    return mean_w * _elapsed_s(before, sample) / 3600

"""Whether a reading is new, a repetition, or not yet to be believed. Pure.

The meter's own clock decides where it tells one, else a change of values. An unchanged value alone proves nothing,
so a meter without a clock in its measurements is asked for its raw telegram when nothing has changed for a while.
After a reconnect a dongle may replay one old sample: a reading counts only when the meter's clock has moved on
since the last one we believed, or when a second, different one has come.
"""

from dataclasses import dataclass, replace
from typing import Literal

from common.contract import MeterState

Verdict = Literal["new", "repeated", "unproven"]
QUIET_S = 3.0
"""Unchanged values are questioned no earlier, and the meter's clock is asked for no more often, than this."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells one telegram from another."""

    values: MeterState
    stamp: str | None

    def is_repeated_by(self, other: "Mark") -> bool:
        """Whether `other` is the same telegram again."""
        if self.stamp is not None and other.stamp is not None:
            return self.stamp == other.stamp
        return self.values == other.values

    def is_before(self, other: "Mark") -> bool:
        """Whether the meter's clock has moved on from this to `other`, as far as both tell it in the same form."""
        one, two = self.stamp, other.stamp
        return one is not None and two is not None and len(one) == len(two) and one < two


class Freshness:
    """The memory behind the verdicts of one meter."""

    def __init__(self, now_s: float) -> None:
        self.new_s = now_s
        """Instant of the last new reading, or of the beginning."""
        self._heard: Mark | None = None
        self._believed: Mark | None = None
        self._changed_s = self._asked_s = now_s
        self._is_first = True
        self._is_proven = False

    def reconnected(self) -> None:
        """What comes next may be an old sample."""
        self._is_first = True
        self._is_proven = False

    def judge(self, mark: Mark, now_s: float) -> Verdict:
        """Whether this reading is news."""
        before, first, self._is_first = self._heard, self._is_first, False
        if before is not None and before.is_repeated_by(mark):
            self._heard = replace(mark, stamp=mark.stamp or before.stamp)
            return "repeated"
        self._heard, self._changed_s = mark, now_s
        moved_on = self._believed is not None and self._believed.is_before(mark)
        if not (self._is_proven or not first or moved_on):
            return "unproven"
        self._believed, self._is_proven, self.new_s = mark, True, now_s
        return "new"

    def is_time_to_ask(self, now_s: float, period_s: float) -> bool:
        """Whether values have stood still so long that the meter's clock must be asked for. Notes that it is."""
        stood_still = now_s - self._changed_s >= max(QUIET_S, 1.5 * period_s)
        if not stood_still or now_s - self._asked_s < max(QUIET_S, period_s):
            return False
        self._asked_s = now_s
        return True

    def believe(self, now_s: float) -> None:
        """Take a repetition for a new reading: this meter has no clock that could tell."""
        self.new_s = now_s

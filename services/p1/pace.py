"""How often the meter really says something new: learnt, because old meters take ten seconds and some are irregular.

Pure.
"""

from collections import deque
from statistics import median

REMEMBERED = 5
"""Gaps of which the median counts: three slower telegrams change the period, one lost telegram does not."""
EACH_SECOND = 50
"""DSMR version, times ten, from which meters send each second."""


class Pace:
    """The period of one meter, and of its readings as they arrive here."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=REMEMBERED)
        self._last_s: float | None = None
        self._guess_s = 1.0
        self._each_s = 0.0

    @property
    def meter_s(self) -> float:
        """Whole seconds between two telegrams of the meter, as far as is known."""
        return max(1.0, float(round(median(self._gaps) if self._gaps else self._guess_s)))

    @property
    def period_s(self) -> float:
        """Whole seconds between two new readings: never less than between two questions."""
        return max(self.meter_s, float(round(self._each_s)))

    @property
    def stale_after_s(self) -> float:
        """Age at which a reading may no longer be used."""
        return max(3 * self.period_s, 10.0)

    def expect(self, protocol: float | None, each_s: float) -> None:
        """Guess by the meter's DSMR version until something is learnt. It is asked each `each_s`; 0: it pushes."""
        self._guess_s = 1.0 if protocol is not None and protocol >= EACH_SECOND else 10.0
        self._each_s = each_s

    def saw_new(self, now_s: float) -> None:
        """A new reading came. Asked seldom, a meter shows only that it is no slower than the questions."""
        if self._last_s is not None:
            gap_s = now_s - self._last_s
            self._gaps.append(gap_s if gap_s > 1.5 * self._each_s else min(gap_s, self.meter_s))
        self._last_s = now_s

    def interrupted(self) -> None:
        """The time until the next reading says nothing about the meter."""
        self._last_s = None

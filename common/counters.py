"""Which counters can be true: they grow, and no faster than what flows through them allows. Pure.

A counter that falls or leaps is not believed. If it stays at its new level it was exchanged or set anew, and is
believed from then on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

Belief = Literal["believed", "begun_anew", "doubted"]
AWAY_S = 30 * 86_400.0
"""After a restart a counter may have grown for so long."""
PERSISTENT_S = 60.0
PERSISTENT_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Level:
    """Where a counter stood, and when it was last seen to move, or to be there if it is a quick one."""

    value: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A level that is not believed yet."""

    level: Level
    since_s: float
    samples: int = 1


class Counters:
    """The counters of one device and what was believed of them last."""

    def __init__(
        self, per_hour: Mapping[str, float], at_once: Mapping[str, float], quick: Collection[str] = ()
    ) -> None:
        """Growth that is possible per hour and in one step, by name; `quick` ones show all they have grown by."""
        self.levels: dict[str, Level] = {}
        self._per_hour = per_hour
        self._at_once = at_once
        self._quick = quick
        self._doubts: dict[str, Doubt] = {}

    def judge(self, name: str, value: float, now_s: float) -> Belief:
        """Take a new value."""
        known = self.levels.get(name)
        is_leap = known is not None and not self._is_within_reach(name, known, value, now_s)
        if is_leap and not self._persists(name, value, now_s):
            return "doubted"
        self._doubts.pop(name, None)
        has_moved = known is None or value != known.value or name in self._quick
        self.levels[name] = Level(value, now_s) if has_moved or known is None else known
        return "begun_anew" if is_leap else "believed"

    def recall(self, levels: Mapping[str, float], now_s: float) -> None:
        """Go on from what was kept. How long ago that was nobody knows who has just booted without a clock."""
        self.levels = {name: Level(value, now_s - AWAY_S) for name, value in levels.items() if name in self._at_once}

    def _is_within_reach(self, name: str, known: Level, value: float, now_s: float) -> bool:
        growth = value - known.value
        return 0 <= growth <= self._at_once[name] + self._per_hour[name] * (now_s - known.at_s) / 3600

    def _persists(self, name: str, value: float, now_s: float) -> bool:
        """Whether an unlikely level has been there long enough, and behaved like a counter since."""
        doubt = self._doubts.get(name)
        here = Level(value, now_s)
        if doubt is None or not self._is_within_reach(name, doubt.level, value, now_s):
            self._doubts[name] = Doubt(here, now_s)
            return False
        self._doubts[name] = doubt = Doubt(here, doubt.since_s, doubt.samples + 1)
        return doubt.samples >= PERSISTENT_SAMPLES and now_s - doubt.since_s >= PERSISTENT_S

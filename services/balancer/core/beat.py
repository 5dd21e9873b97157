"""When a reading was really taken: a meter beats evenly, its messages arrive a little late, each by another bit.

0.1 s of misjudged time is 100 W of misjudged house while a battery ramps with 1000 W/s, so the beat is worth
knowing: each arrival corrects the expected one by a tenth, and one far off the beat begins a new one.
"""

from dataclasses import dataclass, replace
from statistics import median

FOLLOW = 0.1
FOLLOW_PERIOD = 0.01
OFF_BEAT = 0.35
"""Share of the period by which an arrival may miss the beat."""
LONGEST_PERIODS = 5
LEAST_PERIOD_S = 0.5
"""No meter is read more often; what comes quicker is a burst after a stall."""
REMEMBERED = 5
"""So many gaps tell how often messages really come."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The instant of the last reading and the time between two."""

    at_s: float
    period_s: float
    """Time that a reading is the mean of; at first what the meter says, never more than what it does."""
    arrived_s: float | None = None
    gaps_s: tuple[float, ...] = ()

    @property
    def usual_gap_s(self) -> float:
        """How often messages come, a single long silence aside."""
        return median(self.gaps_s) if len(self.gaps_s) > REMEMBERED // 2 else self.period_s

    def next(self, arrived_s: float) -> "Beat":
        """The beat after a message that arrived at `arrived_s`."""
        before_s = self.at_s if self.arrived_s is None else self.arrived_s
        heard = replace(self, arrived_s=arrived_s, gaps_s=(*self.gaps_s, arrived_s - before_s)[-REMEMBERED:])
        passed = round((arrived_s - self.at_s) / self.period_s)
        expected_s = self.at_s + passed * self.period_s
        late_s = arrived_s - expected_s
        if not 1 <= passed <= LONGEST_PERIODS or abs(late_s) > OFF_BEAT * self.period_s:
            return replace(heard, at_s=arrived_s, period_s=heard._period_s())
        return replace(
            heard, at_s=expected_s + FOLLOW * late_s, period_s=self.period_s + FOLLOW_PERIOD * late_s / passed
        )

    def _period_s(self) -> float:
        """The period, shortened if messages come much more often than was said."""
        usual_s = max(LEAST_PERIOD_S, self.usual_gap_s)
        often = len(self.gaps_s) == REMEMBERED and usual_s < (1 - OFF_BEAT) * self.period_s
        return usual_s if often else self.period_s

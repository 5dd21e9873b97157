"""When a reading was really taken: a meter beats evenly, its messages arrive a little late, each by another bit.

0.1 s of misjudged time is 100 W of misjudged house while a battery ramps with 1000 W/s, so the beat is worth
knowing: each arrival corrects the expected one by a tenth, and one far off the beat begins a new one.
"""

from dataclasses import dataclass

FOLLOW = 0.1
FOLLOW_PERIOD = 0.01
OFF_BEAT = 0.35
"""Share of the period by which an arrival may miss the beat."""
LONGEST_PERIODS = 5


@dataclass(frozen=True, slots=True)
class Beat:
    """The instant of the last reading and the time between two."""

    at_s: float
    period_s: float

    def next(self, arrived_s: float) -> "Beat":
        """The beat after a message that arrived at `arrived_s`."""
        passed = round((arrived_s - self.at_s) / self.period_s)
        expected_s = self.at_s + passed * self.period_s
        late_s = arrived_s - expected_s
        if not 1 <= passed <= LONGEST_PERIODS or abs(late_s) > OFF_BEAT * self.period_s:
            return Beat(arrived_s, self.period_s)
        return Beat(expected_s + FOLLOW * late_s, self.period_s + FOLLOW_PERIOD * late_s / passed)

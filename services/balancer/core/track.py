"""What a device is believed to do over time: exact straight lines between knots, constant before and after."""

from dataclasses import dataclass
from typing import Self

Knot = tuple[float, float]
"""(time in s, power in W)"""


@dataclass(frozen=True, slots=True)
class Track:
    """A piecewise-linear power over time."""

    knots: tuple[Knot, ...]
    """At least one, times ascending."""

    @classmethod
    def constant(cls, power_w: float, since_s: float = 0.0) -> Self:
        """Always the same power."""
        return cls(((since_s, power_w),))

    @property
    def goal_w(self) -> float:
        """Where it ends."""
        return self.knots[-1][1]

    def is_settled(self, time_s: float) -> bool:
        """Whether it has arrived by then."""
        return self.knots[-1][0] <= time_s

    def at(self, time_s: float) -> float:
        """The power at one instant."""
        knots = self.knots
        if time_s >= knots[-1][0]:
            return knots[-1][1]
        if time_s <= knots[0][0]:
            return knots[0][1]
        after = next(index for index, knot in enumerate(knots) if knot[0] > time_s)
        (start_s, start_w), (end_s, end_w) = knots[after - 1], knots[after]
        return start_w + (end_w - start_w) * (time_s - start_s) / (end_s - start_s)

    def mean(self, start_s: float, end_s: float) -> float:
        """The mean power over a time, as a meter that averages sees it."""
        knots = self.knots
        if start_s >= knots[-1][0]:
            return knots[-1][1]
        if end_s <= knots[0][0]:
            return knots[0][1]
        if end_s <= start_s:
            return self.at(end_s)
        time_s, power_w, energy_ws = start_s, self.at(start_s), 0.0
        for knot_s, knot_w in (*(knot for knot in knots if start_s < knot[0] < end_s), (end_s, self.at(end_s))):
            energy_ws += (power_w + knot_w) / 2 * (knot_s - time_s)
            time_s, power_w = knot_s, knot_w
        return energy_ws / (end_s - start_s)

    def then(self, starts_s: float, goal_w: float, ramp_w_per_s: float) -> Self:
        """The same up to `starts_s`, and from there along the ramp to `goal_w`; what was planned after is dropped."""
        from_w = self.at(starts_s)
        kept = tuple(knot for knot in self.knots if knot[0] < starts_s)
        arrives_s = starts_s + abs(goal_w - from_w) / ramp_w_per_s
        ahead = ((starts_s, from_w), (arrives_s, goal_w)) if arrives_s > starts_s else ((starts_s, goal_w),)
        return type(self)((*kept, *ahead))

    def standing(self, since_s: float, power_w: float) -> Self:
        """The same up to `since_s`, and from there `power_w` for good."""
        if since_s <= self.knots[0][0]:
            return type(self)(((since_s, power_w),))
        kept = tuple(knot for knot in self.knots if knot[0] < since_s)
        return type(self)((*kept, (since_s, self.at(since_s)), (since_s, power_w)))

    def since(self, time_s: float) -> Self:
        """The same, without the knots that only matter before `time_s`."""
        knots = self.knots
        passed = sum(1 for knot in knots[1:] if knot[0] <= time_s)
        return type(self)(knots[passed:]) if passed else self

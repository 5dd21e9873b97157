"""Which powers a device can be told: multiples of a step, or a few levels of its own."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from math import copysign

ROUNDING = 1e-6
"""Of a step: 0.3 W are three steps of 0.1 W, whatever binary fractions say."""

FINE_W = 3.0


@dataclass(frozen=True, slots=True)
class Steps:
    """Multiples of `step_w`; or, where there are any, nothing but these levels (ascending, in W, zero among them)."""

    step_w: float = 1.0
    levels_w: tuple[float, ...] = ()

    @property
    def are_coarse(self) -> bool:
        """Whether it matters which way a power is rounded."""
        return bool(self.levels_w) or self.step_w > FINE_W

    def towards_zero(self, power_w: float) -> float:
        """The largest that asks for no more than `power_w`."""
        if not self.levels_w:
            steps = power_w / self.step_w
            return int(steps + copysign(ROUNDING, steps)) * self.step_w
        below, above = self._around(power_w)
        return max(0.0, below) if power_w >= 0 else min(0.0, above)

    def nearest(self, power_w: float) -> float:
        """The nearest; of two that are equally near, the one towards zero."""
        if not self.levels_w:
            return round(power_w / self.step_w) * self.step_w
        below, above = self._around(power_w)
        if power_w - below == above - power_w:
            return min(below, above, key=abs)
        return below if power_w - below < above - power_w else above

    def next_from(self, power_w: float, towards: float) -> float:
        """The next one beyond a power, on the side that the sign of `towards` names; the last one has none beyond."""
        if not self.levels_w:
            return power_w + copysign(self.step_w, towards)
        if towards > 0:
            return self.levels_w[min(bisect_right(self.levels_w, power_w), len(self.levels_w) - 1)]
        return self.levels_w[max(0, bisect_left(self.levels_w, power_w) - 1)]

    def times(self, gain: float) -> "Steps":
        """What comes of levels at a device that gives this much of what it is told."""
        if gain == 1.0 or not self.levels_w:
            return self
        return Steps(self.step_w, tuple(level_w * gain for level_w in self.levels_w))

    def _around(self, power_w: float) -> tuple[float, float]:
        """The levels next to a power, both the same at the ends."""
        above = bisect_right(self.levels_w, power_w)
        return self.levels_w[max(0, above - 1)], self.levels_w[min(above, len(self.levels_w) - 1)]

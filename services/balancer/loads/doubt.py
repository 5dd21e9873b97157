"""Whether a load that nobody measures has stopped by itself: a thermostat that opened.

On the house's meter that looks like any appliance of its size going off. So a fall that no rise came before is a
doubt, the load is switched off at the next occasion, and on again: steps that these make, or do not make, decide.
"""

from dataclasses import dataclass, replace
from statistics import median

from services.balancer.loads.steps import Step

HALF = 3
"""Readings on either side of a rise or fall."""
ALIKE = 0.25
"""A rise or fall is of a load's size within this share of it."""
NOTHING_SHARE = 0.25
"""A step of less than this share of its power shows that it draws nothing."""
PROOFS = 2
"""So many switchings in a row without a step show that it has had enough."""
PATIENCE_S = 120.0
"""So long it is off for a test at most."""
PAUSE_S = 1800.0
"""From one doubt to the next: other appliances may be of its size."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is remembered while the load is on."""

    lately: tuple[tuple[float, float], ...] = ()
    """(what the house drew with it, what it was believed to draw) at the last readings."""
    rises: int = 0
    """Appliances of its size that have come on since it runs, and not gone off again."""
    since_s: float | None = None
    """Since when it is in doubt; None: it is not."""
    asked_s: float = float("-inf")
    """When it was last in doubt."""
    power_w: float = 0.0
    """What it was believed to draw then."""
    in_vain: int = 0
    """Switchings in a row that made no step."""

    @property
    def stands(self) -> bool:
        """Whether it is in doubt now."""
        return self.since_s is not None

    def watch(self, draw_w: float, power_w: float, at_s: float) -> "Doubt":
        """One more reading while the load is on and believed to draw `power_w`."""
        lately = (*self.lately, (draw_w, power_w))[-2 * HALF :]
        if self.since_s is not None:  # a load that may not be switched off is not in doubt for ever
            return self.over() if at_s - self.since_s > PAUSE_S else self
        if len(lately) < 2 * HALF:
            return replace(self, lately=lately)
        if 0 < self.in_vain < PROOFS:
            return self.raised(power_w, at_s)
        change_w = median(drawn_w for drawn_w, _ in lately[HALF:]) - median(drawn_w for drawn_w, _ in lately[:HALF])
        was_w = median(believed_w for _, believed_w in lately[:HALF])
        if was_w <= 0 or abs(abs(change_w) - was_w) > ALIKE * was_w:
            return replace(self, lately=lately)
        return self._of_its_size(change_w > 0, power_w, at_s)

    def _of_its_size(self, rose: bool, power_w: float, at_s: float) -> "Doubt":
        """Something of its size came or went; what is remembered begins anew behind it."""
        if rose or self.rises:
            return replace(self, lately=(), rises=self.rises + (1 if rose else -1))
        return replace(self, lately=()) if at_s - self.asked_s < PAUSE_S else self.raised(power_w, at_s)

    def raised(self, power_w: float, at_s: float) -> "Doubt":
        """It is in doubt from now on."""
        return replace(self, lately=(), since_s=at_s, asked_s=at_s, power_w=power_w)

    def over(self) -> "Doubt":
        """It is off, or the question is answered."""
        return Doubt(asked_s=self.asked_s, in_vain=self.in_vain)

    def answered(self, drew_nothing: bool) -> "Doubt":
        """It was switched, and made a step or none. One is no proof: another appliance may have come at that moment."""
        return replace(self.over(), in_vain=self.in_vain + 1 if drew_nothing else 0)

    @property
    def is_proven(self) -> bool:
        """Whether it takes nothing more up."""
        return self.in_vain >= PROOFS

    def waited(self, off_s: float) -> "Doubt":
        """It has been off for so long; a house too restless to tell is not waited for for ever."""
        return self.over() if self.stands and off_s > PATIENCE_S else self


def drew_nothing(step: Step, power_w: float) -> bool:
    """Whether a step shows that the load drew nothing when it was switched. `power_w`: what it draws when it works."""
    return power_w > 0 and step.power_w < NOTHING_SHARE * power_w

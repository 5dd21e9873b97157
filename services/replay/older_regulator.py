"""An older program for dimmed and switched loads, as a yardstick: what it did at each evaluation, defects included.

It believes the powers it has ordered, corrects them by all that the meters show to be too much or too little, and
leaves a band of 20 W alone. It knows no minimum times, no thermostat that opens, and nothing of orders on their way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MARGIN_W = 20.0
BALANCE_W = 20.0


class OlderLoad(Protocol):
    """One entry of its list, first of which gets surplus first."""

    power_w: float
    """What it believes the load to draw."""

    def increase_by(self, power_w: float) -> float:
        """Take some of this much surplus. Returns what is left."""
        ...

    def decrease_by(self, power_w: float) -> float:
        """Give up to this much or more. Returns how much."""
        ...


@dataclass
class OlderDimmer:
    """A dimmed load."""

    max_w: float
    min_w: float = 101.0
    power_w: float = 0.0

    def increase_by(self, power_w: float) -> float:
        raised_w = min(self.max_w, self.power_w + power_w)
        if raised_w < self.min_w:
            return power_w
        taken_w, self.power_w = raised_w - self.power_w, raised_w
        return power_w - taken_w

    def decrease_by(self, power_w: float) -> float:
        lowered_w = self.power_w - min(power_w, self.power_w)
        if lowered_w < self.min_w:
            lowered_w = 0.0
        freed_w, self.power_w = self.power_w - lowered_w, lowered_w
        return freed_w


@dataclass
class OlderSwitch:
    """A switched load of known power."""

    nominal_w: float
    power_w: float = 0.0

    def increase_by(self, power_w: float) -> float:
        if self.power_w or power_w < self.nominal_w:
            return power_w
        self.power_w = self.nominal_w
        return power_w - self.nominal_w

    def decrease_by(self, power_w: float) -> float:
        freed_w, self.power_w = self.power_w, 0.0
        return freed_w


@dataclass(frozen=True)
class OlderRegulator:
    """Its list, and one evaluation of it."""

    loads: Sequence[OlderLoad]
    margin_w: float = MARGIN_W
    balance_w: float = BALANCE_W

    def evaluate(self, consumption_w: float, production_w: float) -> None:
        """Correct what the loads are told. Both ≥ 0, as its two meters show them; consumption with the loads."""
        spare_w = production_w - self.margin_w - consumption_w
        if spare_w < 0:
            self._shed(-spare_w)
        elif spare_w >= self.balance_w:
            self._place(spare_w)

    def _shed(self, excess_w: float) -> None:
        for load in reversed(self.loads):
            excess_w -= load.decrease_by(excess_w)
            if excess_w <= 0:
                return

    def _place(self, spare_w: float) -> None:
        for load in self.loads:
            spare_w = load.increase_by(spare_w)
            if spare_w <= 0:
                return

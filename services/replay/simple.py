"""The policies that need no plan: nothing at all, self-consumption, and self-consumption with thresholds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from services.planner.core.problem import Store
from services.replay.house import House, Wish, idle
from services.replay.steps import Slot, Step

CHEAP_SHARES: Final = (0.0, 0.1, 0.2, 0.3)
"""`rule-tuned`: of the hours to come, so many are cheap enough to charge from the grid …"""
DEAR_SHARES: Final = (0.0, 0.25, 0.5, 0.75)
"""… and so many too cheap to give."""
DAY_H: Final = 24.0


@dataclass(slots=True)
class Nothing:
    """`none`: batteries stand still, loads run as soon as their day begins."""

    house: House

    def live(self, ahead: Sequence[Slot]) -> None:
        for step in ahead[0].steps:
            self.house.begin(step)
            self.house.live(step, set(self.house.chores.chores), idle)

    def end(self) -> None:
        """Of the last day, what is left is missing."""
        self.house.end()

    def outcome(self) -> House:
        return self.house

    def told(self) -> str:
        return ""


@dataclass(slots=True)
class Rule:
    """`rule`: self-consumption. Loads run on surplus, and in the end in any case.

    With thresholds it also charges in the cheapest hours of the day ahead, and gives in the dearest only.
    """

    house: House
    cheap_share: float = 0.0
    dear_share: float = 0.0

    def live(self, ahead: Sequence[Slot]) -> None:
        bounds = self._thresholds(ahead)
        for step in ahead[0].steps:
            self.house.begin(step)
            self.house.live(step, self._running(step), bounds.wish(step.import_eur_per_kwh))

    def end(self) -> None:
        """Of the last day, what is left is missing."""
        self.house.end()

    def outcome(self) -> House:
        return self.house

    def told(self) -> str:
        if not self.cheap_share and not self.dear_share:
            return ""
        cheap, dear = f"{self.cheap_share:.0%}", f"{1 - self.dear_share:.0%}"
        return f"charges in the cheapest {cheap} of the hours, gives in the dearest {dear}"

    def _running(self, step: Step) -> set[str]:
        """From the top of the list, as long as there is surplus; those that would be late in any case."""
        chores, left_w = self.house.chores, step.production_w - step.load_w
        running = chores.urgent(step.start_s)
        running |= {name for name in chores.running if not chores.chores[name].is_interruptible}
        for name, chore in chores.chores.items():
            if left_w >= chore.power_w and chores.left_wh[name] > 0:
                running.add(name)
            left_w -= chore.power_w if name in running else 0.0
        return running

    def _thresholds(self, ahead: Sequence[Slot]) -> "_Thresholds":
        prices = sorted(slot.import_eur_per_kwh for slot in ahead[: _slots_of_a_day(ahead)])
        cheap = prices[round(self.cheap_share * (len(prices) - 1))] if self.cheap_share else -inf
        dear = prices[round(self.dear_share * (len(prices) - 1))] if self.dear_share else -inf
        return _Thresholds(cheap, dear, prices[-1])


class _Thresholds(NamedTuple):
    """Of the day ahead, in EUR/kWh."""

    cheap: float
    dear: float
    dearest: float

    def wish(self, price: float) -> Wish:
        """Charge where it is cheap, if the dearest hour pays for the losses; give where it is dear."""

        def wish(store: Store, rest_w: float) -> float:
            if price <= self.cheap and price < self.dearest * store.charge_efficiency * store.discharge_efficiency:
                return store.max_charge_w
            return 0.0 if rest_w > 0 and price < self.dear else -rest_w

        return wish


def _slots_of_a_day(ahead: Sequence[Slot]) -> int:
    return round(DAY_H / max(ahead[0].hours, 1 / 60))


@dataclass(slots=True)
class Tuned:
    """`rule-tuned`: the best of many thresholds, chosen when everything is over. Nobody could have known it."""

    rules: Sequence[Rule]

    @classmethod
    def of(cls, house: Callable[[], House]) -> "Tuned":
        """Every pair of thresholds in a house of its own; plain self-consumption is one of them."""
        return cls([Rule(house(), cheap, dear) for cheap in CHEAP_SHARES for dear in DEAR_SHARES])

    def live(self, ahead: Sequence[Slot]) -> None:
        for rule in self.rules:
            rule.live(ahead)

    def end(self) -> None:
        """Of each."""
        for rule in self.rules:
            rule.end()

    def outcome(self) -> House:
        return self._best().house

    def told(self) -> str:
        return self._best().told()

    def _best(self) -> Rule:
        return min(self.rules, key=lambda rule: rule.house.ledger.reckoned_eur)

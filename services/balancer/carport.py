"""The car: what it may draw, told as advice or, to a charger that takes set-points, as an order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.contract import EvState
from services.balancer.dispatch import Target
from services.balancer.rules.car import CarChoice, car_power
from services.balancer.world import Device

LEAST_CHANGE_W = 230.0
"""1 A on one phase: a charger's step."""
LEAST_GAP_S = 10.0


@dataclass(slots=True)
class Carport:
    """The advice in force. It changes by whole amperes and at most each 10 s, so that no charger is worn out."""

    choice: CarChoice | None = None
    told_s: float = field(default=float("-inf"))

    def think(
        self, car: Device | None, rest_w: float, socs_pct: Sequence[float], low_tariff: bool, now_s: float
    ) -> CarChoice | None:
        """What the car may draw. `rest_w`: what the house draws without batteries, the car included."""
        if car is None or not isinstance(car.state, EvState) or car.unfit(now_s) is not None:
            self.choice = None
            return None
        own_w = car.state.power_w or 0.0
        fresh = car_power(
            connected=car.state.connected,
            surplus_w=max(0.0, own_w - rest_w),
            battery_socs_pct=socs_pct,
            low_tariff=low_tariff,
        )
        told = self.choice
        small = told is not None and told.rule == fresh.rule and abs(told.power_w - fresh.power_w) < LEAST_CHANGE_W
        if told is None or not (small or now_s - self.told_s < LEAST_GAP_S):
            self.choice, self.told_s = fresh, now_s
        return self.choice

    def target(self, car: Device | None) -> Target | None:
        """The order for a charger that takes set-points; None for one that only gets advice."""
        if self.choice is None or car is None or car.info is None or "power" not in car.info.capabilities:
            return None
        most_w = car.info.max_w if car.info.max_w is not None else float("inf")
        least_w = max(0.0, car.info.min_w or 0.0)
        power_w = min(most_w, self.choice.power_w)
        return Target(
            action="set_power", power_w=float(round(power_w)) if power_w >= least_w else 0.0, rule=self.choice.rule
        )

"""An electric boiler: a tank with a thermostat, heat loss and people who use hot water."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from services.simulator.physics.days import Event, Habit, events
from services.simulator.physics.tank import WH_PER_LITRE_K, Tank

FAMILY = (
    Habit(at=time(6, 50), lasts_s=300, energy_wh=1400),
    Habit(at=time(7, 15), lasts_s=300, energy_wh=1300),
    Habit(at=time(8, 0), lasts_s=60, energy_wh=110),
    Habit(at=time(12, 40), lasts_s=120, energy_wh=320),
    Habit(at=time(16, 30), lasts_s=60, energy_wh=110),
    Habit(at=time(18, 20), lasts_s=90, energy_wh=210),
    Habit(at=time(19, 30), lasts_s=180, energy_wh=740),
    Habit(at=time(21, 40), lasts_s=300, energy_wh=1300),
)
"""Showers in the morning and evening, dishes in between: about 5.5 kWh of heat a day."""


@dataclass(frozen=True, kw_only=True)
class BoilerModel:
    """What one boiler is like."""

    rated_w: float = 2000
    litres: float = 150
    opens_at_c: float = 60
    """The thermostat opens here …"""
    closes_below_c: float = 54
    """… and closes below this."""
    usable_c: float = 40
    """Nobody takes a shower below this."""
    inlet_c: float = 12
    room_c: float = 18
    loss_w_per_k: float = 1.6
    layers: int = 1
    """1: always mixed. More: cold below and hot above, as a cylinder that stands."""


class Boiler:
    """One tank. Its energy is counted from water as cold as the inlet."""

    def __init__(
        self,
        model: BoilerModel,
        starts_at: datetime,
        *,
        water_c: float = 48,
        habits: Sequence[Habit] = FAMILY,
        seed: int = 0,
    ) -> None:
        self.model = model
        self.rated_w = model.rated_w
        self.tank = Tank(model.litres, water_c, inlet_c=model.inlet_c, layers=model.layers)
        self.used_wh = 0.0
        """Hot water taken so far."""
        self.missed_wh = 0.0
        """Hot water that somebody wanted and found cold."""
        self.lost_wh = 0.0
        """Through the insulation; less than nothing while the room is the warmer of the two."""
        self.is_heating = water_c < model.closes_below_c
        """The thermostat is closed."""
        self._uses = events(habits, starts_at, f"{seed}/hot water")
        self._use = next(self._uses, None)

    @property
    def stored_wh(self) -> float:
        """Heat in the water."""
        return self.tank.stored_wh

    @property
    def water_c(self) -> float:
        """Mean temperature of the water."""
        return self.tank.mean_c

    @property
    def capacity_wh(self) -> float:
        """What it holds when all of it is as hot as when the thermostat opens."""
        return (self.model.opens_at_c - self.model.inlet_c) * self.model.litres * WH_PER_LITRE_K

    def wanted_w(self) -> float:
        """The rated power while the thermostat is closed."""
        return self.rated_w if self.is_heating else 0.0

    def advance(self, now_s: float, step_s: float, drawn_w: float) -> None:
        """Heat, lose, be used; then look at the thermometer."""
        self.used_wh += self._use_water(now_s, step_s)
        self.lost_wh += self.tank.stand(step_s, self.model.room_c, self.model.loss_w_per_k)
        self.tank.heat(drawn_w * step_s / 3600)
        self._thermostat()

    def _thermostat(self) -> None:
        water_c = self.tank.sensed_c
        if water_c >= self.model.opens_at_c:
            self.is_heating = False
        elif water_c < self.model.closes_below_c:
            self.is_heating = True

    def _use_water(self, now_s: float, step_s: float) -> float:
        use = self._running(now_s - step_s)
        if use is None or use.begins_s > now_s - step_s:
            return 0.0
        wanted_wh = use.energy_wh * step_s / (use.ends_s - use.begins_s)
        if self.tank.top_c < self.model.usable_c:
            self.missed_wh += wanted_wh
            return 0.0
        return self.tank.draw(wanted_wh)

    def _running(self, since_s: float) -> Event | None:
        """The first use that is not over at `since_s`."""
        while self._use is not None and self._use.ends_s <= since_s:
            self._use = next(self._uses, None)
        return self._use

"""The charger of an e-bike: full power, then a taper, then next to nothing; nothing at all while the bike is out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from services.simulator.physics.days import WORKDAYS, Event, Habit, events

COMMUTE = (Habit(at=time(8, 10), lasts_s=33_600, energy_wh=290, days=WORKDAYS),)
"""Out for the working day, home again at about half past five."""


@dataclass(frozen=True, kw_only=True)
class ChargerModel:
    """What one charger and its battery are like."""

    rated_w: float = 180
    capacity_wh: float = 500
    efficiency: float = 0.88
    taper_from_pct: float = 80
    """Above this the power falls linearly …"""
    taper_to_w: float = 15
    """… down to this at 100 %."""
    idle_w: float = 0.8
    """Drawn by the electronics with a full battery or none."""
    again_below_pct: float = 97
    """A full battery is charged again below this."""


class Charger:
    """One charger, and the bike that comes and goes. Its switch is not its plug: the bike leaves regardless."""

    def __init__(
        self,
        model: ChargerModel,
        starts_at: datetime,
        *,
        soc_pct: float = 45,
        rides: Sequence[Habit] = COMMUTE,
        seed: int = 0,
    ) -> None:
        self.model = model
        self.rated_w = model.rated_w
        self.stored_wh = model.capacity_wh * soc_pct / 100
        self.ridden_wh = 0.0
        self.is_full = soc_pct >= 100
        self.is_away = False
        self._rides = events(rides, starts_at, f"{seed}/rides")
        self._ride = next(self._rides, None)
        self._look(0.0)

    @property
    def soc_pct(self) -> float:
        """State of charge in %."""
        return 100 * self.stored_wh / self.model.capacity_wh

    def wanted_w(self) -> float:
        """By state of charge; idle with a full battery or none."""
        if self.is_away or self.is_full:
            return self.model.idle_w
        model = self.model
        left = min(1.0, (100 - self.soc_pct) / (100 - model.taper_from_pct))
        return max(model.idle_w, model.taper_to_w + left * (model.rated_w - model.taper_to_w))

    def advance(self, now_s: float, step_s: float, drawn_w: float) -> None:
        """Charge, and look whether the bike is there."""
        if not self.is_away and not self.is_full:
            self.stored_wh += drawn_w * self.model.efficiency * step_s / 3600
            self.stored_wh = min(self.model.capacity_wh, self.stored_wh)
        self._look(now_s)
        self.is_full = self.soc_pct >= (self.model.again_below_pct if self.is_full else 100)

    def _look(self, now_s: float) -> None:
        while self._ride is not None and self._ride.ends_s <= now_s:
            self._came_home(self._ride)
            self._ride = next(self._rides, None)
        self.is_away = self._ride is not None and self._ride.begins_s <= now_s

    def _came_home(self, ride: Event) -> None:
        if ride.ends_s > 0:  # what was ridden before the beginning is in the state of charge already
            ridden_wh = min(ride.energy_wh, self.stored_wh)
            self.stored_wh -= ridden_wh
            self.ridden_wh += ridden_wh

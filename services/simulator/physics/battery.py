"""A battery as the grid sees it: late, with a ramp, lossy, bounded. + charge, − discharge, at its AC terminals."""

import random
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BatteryModel:
    """What one make of battery can do."""

    capacity_wh: float = 5120
    max_charge_w: float = 2500
    max_discharge_w: float = 2500
    dead_time_s: float = 2.5
    dead_time_jitter: float = 0.15
    """Each order's dead time differs by up to this fraction either way."""
    ramp_w_per_s: float = 500
    charge_efficiency: float = 0.93
    discharge_efficiency: float = 0.93
    standby_w: float = 8
    """Drawn from the cells while it gives and takes nothing."""
    floor_pct: float = 11
    """The device stops discharging here by itself."""
    taper_from_pct: float = 95
    """Above this the charging power falls linearly …"""
    taper_to_w: float = 75
    """… down to this at 100 %."""
    deadband_w: float = 0
    """Smaller set-points do nothing."""


class Battery:
    """One battery: a set-point it was given, the power it gives or takes, the energy it holds."""

    def __init__(self, model: BatteryModel, soc_pct: float, seed: int = 0) -> None:
        self.model = model
        self.energy_wh = model.capacity_wh * soc_pct / 100
        self.power_w = 0.0
        self.goal_w = 0.0
        self.ordered_w = 0.0
        """The newest set-point, acting or not yet."""
        self.discharge_cap_w: float | None = None
        """A limit nobody is told about, such as a power class that the owner has not unlocked."""
        self.follows_meter = False
        """Regulates the house's meter to zero by itself (the vendor's automatic mode)."""
        self.follow_share = 1.0
        """Of what the meter shows: how much of it is this battery's to mend, where several follow the same one."""
        self.meter_target_w = 0.0
        """What it regulates the meter to. + import."""
        self.may_charge = True
        self.may_discharge = True
        """Permissions, of a make that has such."""
        self.charged_wh = 0.0
        self.discharged_wh = 0.0
        self._orders: deque[tuple[float, float]] = deque()
        self._random = random.Random(seed)

    @property
    def soc_pct(self) -> float:
        """State of charge in %."""
        return 100 * self.energy_wh / self.model.capacity_wh

    def order(self, power_w: float, now_s: float) -> None:
        """Take a new set-point; it begins to act after the dead time, in the order given."""
        late = 1 + self.model.dead_time_jitter * self._random.uniform(-1, 1)
        acts_s = now_s + self.model.dead_time_s * late
        if self._orders:
            acts_s = max(acts_s, self._orders[-1][0])
        self._orders.append((acts_s, power_w))
        self.ordered_w = power_w

    def stop(self) -> None:
        """Forget every order, as a reboot does."""
        self._orders.clear()
        self.goal_w = self.ordered_w = 0.0

    def limits_w(self) -> tuple[float, float]:
        """The least and the most power it could have now."""
        model, soc = self.model, self.soc_pct
        room = max(0.0, min(1.0, (100 - soc) / max(1e-9, 100 - model.taper_from_pct)))
        most = 0.0 if soc >= 100 else min(model.max_charge_w, model.taper_to_w + room * model.max_charge_w)
        cap_w = model.max_discharge_w if self.discharge_cap_w is None else self.discharge_cap_w
        least = 0.0 if soc <= model.floor_pct or not self.may_discharge else -min(cap_w, model.max_discharge_w)
        return least, most if self.may_charge else 0.0

    def advance(self, now_s: float, step_s: float, grid_w: float) -> None:
        """Move on to `now_s`; `grid_w` is what the meter showed a moment ago."""
        moving_s = step_s
        while self._orders and self._orders[0][0] <= now_s:
            acts_s, self.goal_w = self._orders.popleft()
            moving_s = min(step_s, now_s - acts_s)
        if self.follows_meter:
            self.goal_w = self.power_w - 0.5 * self.follow_share * (grid_w - self.meter_target_w)
        least, most = self.limits_w()
        goal = min(most, max(least, self.goal_w))
        if abs(goal) < self.model.deadband_w:
            goal = 0.0
        reach = self.model.ramp_w_per_s * moving_s
        self.power_w += min(reach, max(-reach, goal - self.power_w))
        self.power_w = min(most, max(least, self.power_w))
        self._count(step_s)

    def _count(self, step_s: float) -> None:
        """Energy in and out, with the losses of each way."""
        moved_wh = self.power_w * step_s / 3600
        if moved_wh > 0:
            self.charged_wh += moved_wh
            self.energy_wh += moved_wh * self.model.charge_efficiency
        else:
            self.discharged_wh -= moved_wh
            self.energy_wh += moved_wh / self.model.discharge_efficiency
        self.energy_wh -= self.model.standby_w * step_s / 3600
        self.energy_wh = min(self.model.capacity_wh, max(0.0, self.energy_wh))

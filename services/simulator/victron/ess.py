"""The GX's own program for its battery: ESS with its minimum, its schedules and BatteryLife. Pure.

Signs are the vendor's, which are ours: the meter counts import as positive, the battery counts charge as positive.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.simulator.physics import Battery
from services.simulator.victron.dbus import Dbus
from services.simulator.victron.installation import (
    DYNAMIC_ESS,
    FLOOR,
    HUB4_MODE,
    LIFE,
    MINIMUM,
    OVERRIDES,
    SETPOINT,
    SLOTS,
    STATE,
    VEBUS,
    slot,
)

RESUME_PCT: Final = 3.0
"""Above its limit the battery discharges again."""
RECHARGE_PCT: Final = 5.0
"""So far below its limit it is charged from the grid."""
RESTART_PCT: Final = 5.0
"""So far below a schedule's target charging begins again."""
EXTERNAL_S: Final = 60.0
STEP_PCT: Final = 5.0
"""By which BatteryLife moves its floor."""
KEEP_CHARGED: Final = 9
DYNAMIC_W: Final = -1500.0
"""What Dynamic ESS asks of the meter here."""


@dataclass
class Ess:
    """One ESS, and what it remembers between two looks."""

    dbus: Dbus
    battery: Battery
    lapses_s: float = 60.0
    """An override that is not written again is forgotten."""
    is_empty: bool = False
    """The limit was reached; discharging waits for a little more."""
    charges: bool = False
    """A schedule is at work below its target."""
    target_pct: float | None = None
    day: date | None = None
    has_hit: bool = False
    """BatteryLife has raised its floor today."""

    def look(self, now_s: float, local: datetime) -> None:
        """Decide what the battery does until the next look."""
        self._forget(now_s)
        self._direct(now_s)
        self._live(local, now_s)
        limit_pct = self.limit_pct
        self.is_empty = self.soc_pct <= limit_pct + (RESUME_PCT if self.is_empty else 0.0)
        target_pct = self._scheduled(local)
        self.dbus.set("system/0/Control/ScheduledCharge", int(target_pct is not None))
        self._steer(now_s, forced=self._is_forced(limit_pct, target_pct), held=target_pct is not None)

    @property
    def soc_pct(self) -> float:
        """State of charge."""
        return self.battery.soc_pct

    @property
    def limit_pct(self) -> float:
        """The charge below which it does not discharge."""
        minimum, floor = self._number(MINIMUM), self._number(FLOOR)
        return max(minimum, floor) if 1 <= self._number(STATE) <= 8 else minimum

    def _number(self, path: str) -> float:
        return self.dbus.number(path) or 0.0

    def _forget(self, now_s: float) -> None:
        """Overrides lapse by themselves."""
        for leaf, idle in (("Setpoint", None), ("ForceCharge", 0), ("MaxDischargePower", -1.0)):
            path = f"{OVERRIDES}{leaf}"
            if now_s - self.dbus.written_s.get(path, now_s) > self.lapses_s:
                self.dbus.set(path, idle)

    def _direct(self, now_s: float) -> None:
        """Dynamic ESS writes the override itself."""
        is_active = self._number(DYNAMIC_ESS) in (1, 4)
        self.dbus.set("system/0/DynamicEss/Active", int(is_active))
        if is_active:
            self.dbus.write(f"{OVERRIDES}Setpoint", DYNAMIC_W, now_s)

    def _live(self, local: datetime, now_s: float) -> None:
        """BatteryLife: its states, and the floor that follows how days went."""
        if local.date() != self.day:
            self.day, self.has_hit = local.date(), False
            self.dbus.set(f"{LIFE}Flags", 0)
        state = round(self._number(STATE))
        if state == 0 or 1 <= state <= 8:
            self._on(state, now_s)
        elif 10 <= state <= 12:
            low = self.soc_pct <= self._number(MINIMUM)
            self._become(12 if self._is_deep(self._number(MINIMUM)) else 11 if low else 10, now_s)

    def _on(self, state: int, now_s: float) -> None:
        limit_pct = self.limit_pct
        if self._is_deep(limit_pct):
            self._become(8, now_s)
        elif self.soc_pct <= limit_pct:
            if not self.has_hit:
                self.has_hit = True
                self.dbus.keep(FLOOR, min(80.0, self._number(FLOOR) + STEP_PCT), now_s)
            self._become(5, now_s)
        elif self.soc_pct >= 95 and state != 4:
            self.dbus.keep(FLOOR, max(0.0, self._number(FLOOR) - STEP_PCT), now_s)
            self._become(4, now_s)
        elif state not in (2, 3, 4):
            self._become(2, now_s)

    def _become(self, state: int, now_s: float) -> None:
        self.dbus.keep(STATE, state, now_s)

    def _is_deep(self, limit_pct: float) -> bool:
        """Far enough below its limit to be charged from the grid, until it is there again."""
        is_charging = self._number(STATE) in (8, 12)
        return self.soc_pct < limit_pct - (0.0 if is_charging else RECHARGE_PCT)

    def _scheduled(self, local: datetime) -> float | None:
        """The target of the window that is open now."""
        if self._number(STATE) == KEEP_CHARGED or self._number(HUB4_MODE) == 3 or self._number(DYNAMIC_ESS) in (1, 4):
            return None
        return next((self._number(slot(each, "Soc")) for each in range(SLOTS) if self._is_open(each, local)), None)

    def _is_open(self, number: int, local: datetime) -> bool:
        """Windows belong to the day on which they begin, by the clock on the wall."""
        day, start_s = round(self._number(slot(number, "Day"))), self._number(slot(number, "Start"))
        duration_s = self._number(slot(number, "Duration"))
        today_s = 3600 * local.hour + 60 * local.minute + local.second
        for days_ago in (0, 1):
            began = local.date() - timedelta(days=days_ago)
            is_meant = day in (7, began.isoweekday() % 7)
            if is_meant and start_s <= today_s + 86_400 * days_ago < start_s + duration_s:
                return True
        return False

    def _is_forced(self, limit_pct: float, target_pct: float | None) -> bool:
        """Whether it charges from the grid with all it has."""
        if target_pct is None:
            self.charges = False
        else:
            is_new = target_pct != self.target_pct
            restart_pct = target_pct if self.charges or is_new else target_pct - RESTART_PCT
            self.charges = self.soc_pct < restart_pct
        self.target_pct = target_pct
        is_deep = self._number(STATE) in (8, 12) and self.soc_pct < limit_pct
        is_asked = self._number(f"{OVERRIDES}ForceCharge") == 1 or self._number(STATE) == KEEP_CHARGED
        return self.charges or is_deep or is_asked

    def _steer(self, now_s: float, *, forced: bool, held: bool) -> None:
        battery, override = self.battery, self.dbus.number(f"{OVERRIDES}Setpoint")
        battery.may_discharge = not self.is_empty and not held
        battery.follows_meter = not forced and self._number(HUB4_MODE) != 3
        battery.meter_target_w = self._number(SETPOINT) if override is None else override
        if forced:
            battery.goal_w = battery.model.max_charge_w
        elif not battery.follows_meter:
            battery.goal_w = self._external_w(now_s)

    def _external_w(self, now_s: float) -> float:
        """In external control only what was written a moment ago counts."""
        path = f"{VEBUS}Hub4/L1/AcPowerSetpoint"
        is_fresh = now_s - self.dbus.written_s.get(path, -EXTERNAL_S) < EXTERNAL_S
        return self._number(path) if is_fresh else 0.0

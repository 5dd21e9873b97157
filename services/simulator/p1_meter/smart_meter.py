"""The smart meter behind the dongle: what it has counted and what it says in each telegram. Pure. + import, − export.

It measures the house as a real one does: the mean power over a telegram's period, one register per tariff and
direction, the demand of the running quarter hour (energy so far over the whole quarter, so it climbs from 0 as
`1-0:1.4.0` does), and the highest quarter of the month.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from services.simulator.physics import House

Wiring = Literal["one_phase", "three_phase", "three_wire"]
"""`three_wire`: Belgian 3×230 V without neutral; such a meter reports 0 W on every phase."""

NOMINAL_V = 230.0
SHARES = (0.5, 0.3, 0.2)
"""Of the house's power, per phase."""
QUARTER_S = 900
GAS_EACH_S = 300
GAS_M3_PER_H = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What one phase shows."""

    power_w: int
    voltage_v: float
    current_a: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """One telegram. Registers are tariff 1 and 2."""

    at: datetime
    """The meter's own clock, in its zone."""
    power_w: int
    phases: tuple[Phase, ...]
    import_wh: tuple[int, int]
    export_wh: tuple[int, int]
    tariff: int
    quarter_hour_w: int
    month_peak_w: int
    month_peak_at: datetime
    gas_m3: float
    gas_at: datetime


@dataclass
class Registers:
    """Energy by tariff, in Wh."""

    import_wh: list[float] = field(default_factory=lambda: [4_210_337.0, 5_102_848.0])
    export_wh: list[float] = field(default_factory=lambda: [1_044_920.0, 2_377_415.0])


class SmartMeter:
    """A meter on a house. Whoever reads it moves the house's time on first."""

    def __init__(self, house: House, zone: ZoneInfo, *, wiring: Wiring = "three_phase") -> None:
        self.wiring: Wiring = wiring
        self._house = house
        self._zone = zone
        self._registers = Registers()
        self._seen = (house.time_s, house.grid_ws, house.import_wh, house.export_wh)
        self._quarter: int | None = None
        self._quarter_began_wh = 0.0
        self._peak_w = 0
        self._peak_at: datetime | None = None
        self._began_s = house.time_s

    def read(self, now: datetime) -> Telegram:
        """The telegram of this instant: means over the time since the last one."""
        at = now.astimezone(self._zone)
        tariff = _tariff(at)
        power_w = round(self._since_last(tariff))
        self._quarter_turns(at)
        return Telegram(
            at=at,
            power_w=power_w,
            phases=self._phases(power_w),
            import_wh=_whole(self._registers.import_wh),
            export_wh=_whole(self._registers.export_wh),
            tariff=tariff,
            quarter_hour_w=self._demand_w(),
            month_peak_w=self._peak_w,
            month_peak_at=self._peak_at or at.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
            gas_m3=self._gas_m3(),
            gas_at=at.replace(minute=at.minute - at.minute % (GAS_EACH_S // 60), second=0, microsecond=0),
        )

    def exchange(self) -> None:
        """Put a new meter in its place: every register begins at 0."""
        self._registers = Registers([0.0, 0.0], [0.0, 0.0])

    def _since_last(self, tariff: int) -> float:
        """Mean power since the last telegram; what flowed is counted in the tariff's registers."""
        then_s, then_ws, then_in, then_out = self._seen
        house = self._house
        self._seen = (house.time_s, house.grid_ws, house.import_wh, house.export_wh)
        self._registers.import_wh[tariff - 1] += house.import_wh - then_in
        self._registers.export_wh[tariff - 1] += house.export_wh - then_out
        if house.time_s <= then_s:
            return house.grid_w
        return (house.grid_ws - then_ws) / (house.time_s - then_s)

    def _quarter_turns(self, at: datetime) -> None:
        """A finished quarter hour may be the month's peak; a new month has none yet."""
        number = int(at.timestamp()) // QUARTER_S
        if self._quarter is not None and number != self._quarter:
            if self._peak_at is not None and self._peak_at.month != at.month:
                self._peak_w, self._peak_at = 0, None
            if self._demand_w() > self._peak_w:
                self._peak_w, self._peak_at = self._demand_w(), at
        if number != self._quarter:
            self._quarter, self._quarter_began_wh = number, self._house.import_wh

    def _demand_w(self) -> int:
        """Imported in this quarter hour so far, as power over the whole of it."""
        return round((self._house.import_wh - self._quarter_began_wh) * 3600 / QUARTER_S)

    def _phases(self, power_w: int) -> tuple[Phase, ...]:
        if self.wiring == "one_phase":
            return (_phase(power_w),)
        if self.wiring == "three_wire":
            dead = Phase(power_w=0, voltage_v=0.0, current_a=0.0)
            live = Phase(power_w=0, voltage_v=NOMINAL_V, current_a=round(abs(power_w) / NOMINAL_V / 2, 3))
            return (live, dead, live)
        first, second = (round(power_w * share) for share in SHARES[:2])
        return (_phase(first), _phase(second), _phase(power_w - first - second))

    def _gas_m3(self) -> float:
        spent_s = self._house.time_s - self._began_s
        return round(2_870.114 + spent_s // GAS_EACH_S * GAS_EACH_S / 3600 * GAS_M3_PER_H, 3)


def _phase(power_w: int) -> Phase:
    """A phase under load: its voltage sags while it draws and rises while it feeds in."""
    voltage_v = round(NOMINAL_V - power_w / 1500, 1)
    return Phase(power_w=power_w, voltage_v=voltage_v, current_a=round(power_w / voltage_v, 3))


def _tariff(at: datetime) -> int:
    """1 (low) at night and at weekends, else 2, as in the Netherlands."""
    return 1 if at.weekday() >= 5 or at.hour < 7 or at.hour >= 23 else 2


def _whole(registers: list[float]) -> tuple[int, int]:
    low, normal = registers
    return int(low), int(normal)

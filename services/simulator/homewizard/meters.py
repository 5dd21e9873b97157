"""kWh meters of one and three phases over v1 and v2, and a water meter over v1."""

from collections.abc import Callable
from typing import Literal

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.homewizard.appliance import ApplianceFake, Core
from services.simulator.homewizard.payloads import Measured, kwh1_v1, kwh3_v1, kwh_v2, water_v1
from services.simulator.p1_meter.payloads import JsonObject
from services.simulator.physics import SwitchedLoad

KWH_SERIAL = "3c39e7000b01"
WATER_SERIAL = "3c39e7000c01"
Measure = Callable[[], Measured]


def of_production(house: ClockedHouse, *, inverted: bool = False) -> Measure:
    """What a meter in front of the roof's inverter sees: production counts as export, unless its wires are swapped."""

    def measure() -> Measured:
        house.catch_up()
        produced_w, produced_wh = house.house.production_w, house.house.produced_wh
        return Measured(produced_w, produced_wh) if inverted else Measured(-produced_w, 0.0, produced_wh)

    return measure


def of_load(house: ClockedHouse, load: SwitchedLoad) -> Measure:
    """What a meter in front of one load sees."""

    def measure() -> Measured:
        house.catch_up()
        return Measured(load.power_w, load.energy_wh)

    return measure


class KwhFake(ApplianceFake):
    """One kWh meter. It may steer Plug-In Batteries, as the P1 dongle does."""

    def __init__(
        self,
        measure: Measure,
        clock: Clock,
        *,
        phases: Literal[1, 3] = 1,
        serial: str = KWH_SERIAL,
        host: str = "127.0.0.1",
        http_port: int = 0,
        https_port: int = 0,
    ) -> None:
        self._measure = measure
        self._phases: Literal[1, 3] = phases
        core = Core(clock, serial, (f"HWE-KWH{phases}", "kWh Meter"), v1=self._v1, v2=self._v2)
        core.firmware = "5.0102"
        super().__init__(
            core, generations=(1, 2), kind="energymeter", host=host, http_port=http_port, https_port=https_port
        )

    def _v1(self) -> JsonObject:
        return (kwh1_v1 if self._phases == 1 else kwh3_v1)(self._measure())

    def _v2(self) -> JsonObject:
        return kwh_v2(self._measure(), self._phases)


class WaterFake(ApplianceFake):
    """One water meter on USB power, and the tap behind it."""

    def __init__(
        self, clock: Clock, *, serial: str = WATER_SERIAL, host: str = "127.0.0.1", http_port: int = 0
    ) -> None:
        self._clock = clock
        self._flow_lpm = 0.0
        self._total_m3 = 412.345
        self._since_s = clock.monotonic()
        core = Core(clock, serial, ("HWE-WTR", "Watermeter"), v1=self._data)
        core.firmware = "2.03"
        super().__init__(core, generations=(1,), kind="watermeter", host=host, http_port=http_port)

    @property
    def total_m3(self) -> float:
        """What has flown so far."""
        return self._total_m3 + self._flow_lpm * (self._clock.monotonic() - self._since_s) / 60_000

    def exchange(self) -> None:
        """Put a new meter in its place: it begins at 0."""
        self._total_m3, self._since_s = 0.0, self._clock.monotonic()

    def open_tap(self, flow_lpm: float) -> None:
        """Let water flow from now on, in litres per minute; 0 closes the tap."""
        self._total_m3, self._since_s = self.total_m3, self._clock.monotonic()
        self._flow_lpm = flow_lpm

    def _data(self) -> JsonObject:
        return water_v1(self._flow_lpm, self.total_m3)

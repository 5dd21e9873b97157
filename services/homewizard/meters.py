"""What is done about a device that only measures: read, doubt, publish."""

from typing import Final

from common.contract import BATTERY_STATE, LOAD_STATE, METER_STATE, PV_STATE, MeterState
from common.homewizard.report import Report
from services.homewizard import facts, states, wire
from services.homewizard.config import BatterySettings, MeterSettings, WaterSettings
from services.homewizard.herd import Herd
from services.homewizard.ledger import Ledger, WaterLedger
from services.homewizard.line import Line
from services.homewizard.visits import Care
from services.homewizard.wire import Reading

BACKWARDS_W: Final = 100.0
"""What no inverter draws, not even at night: above it the wires are swapped."""
BACKWARDS_LOOKS: Final = 24
"""Looks in a row; a converter that starts up, or a battery that charges behind the meter for a moment, is none."""


class MeterCare(Care):
    """A kWh meter before a source, a load or a part of the house."""

    def __init__(self, report: Report, settings: MeterSettings) -> None:
        super().__init__(report)
        self._settings = settings
        self._ledger = Ledger(settings.max_power_w)
        self._backwards = 0

    async def look(self, line: Line, *, is_steady: bool) -> None:
        """Say what it measures."""
        measured = await line.newest(self._settings.poll_s)
        flow = wire.flow(measured.document)
        clock = self.report.bus.clock
        reading, doubts = self._ledger.judge(flow, clock.monotonic())
        if self._settings.inverted:
            reading = reading.inverted
        await self.report.info(facts.plain(line.facts, self._settings, is_pushed=measured.is_pushed))
        await self.report.doubts(doubts)
        await self._publish(reading, measured.arrived_ms)

    async def _publish(self, reading: Reading, measured_ms: int) -> None:
        bus, device = self.report.bus, self.report.device
        if self._settings.measures == "pv":
            await bus.publish(PV_STATE.at(device), states.pv_state(reading), measured_ms)
            await self._is_backwards(reading.power_w or 0.0)
        elif self._settings.measures == "load":
            await bus.publish(LOAD_STATE.at(device), states.load_state(reading), measured_ms)
        elif (state := states.meter_state(reading)) is not None:
            await bus.publish(METER_STATE.at(device), state, measured_ms)

    async def _is_backwards(self, power_w: float) -> None:
        """A source that draws for minutes is measured the wrong way round."""
        self._backwards = self._backwards + 1 if power_w > BACKWARDS_W else 0
        if self._backwards in (0, BACKWARDS_LOOKS):
            text = "is a source and seems to consume; its production counts as 0."
            advice = "If its wires are swapped, set `inverted: true`. If it measures something else, mend `measures`."
            await self.report.alert("backwards", self._backwards > 0, text, advice)


class WaterCare(Care):
    """A water meter."""

    def __init__(self, report: Report, settings: WaterSettings) -> None:
        super().__init__(report)
        self._settings = settings
        self._ledger = WaterLedger()

    async def look(self, line: Line, *, is_steady: bool) -> None:
        """Read it and say what has flown."""
        said_m3 = wire.water_m3(await line.measurement())
        clock = self.report.bus.clock
        water_m3, doubts = self._ledger.judge(said_m3, clock.monotonic())
        await self.report.info(facts.plain(line.facts, self._settings))
        await self.report.doubts(doubts)
        if water_m3 is not None:
            await self.report.bus.publish(METER_STATE.at(self.report.device), MeterState(water_m3=water_m3))


class BatteryCare(Care):
    """One Plug-In Battery."""

    def __init__(self, report: Report, settings: BatterySettings, herd: Herd, group: str | None) -> None:
        super().__init__(report)
        self._settings = settings
        self._herd = herd
        self._group = group
        self._ledger = Ledger(settings.max_power_w)

    async def look(self, line: Line, *, is_steady: bool) -> None:
        """Say what it does, each time it tells, and let its group know."""
        measured = await line.newest(self._settings.poll_s)
        flow = wire.flow(measured.document)
        clock, device = self.report.bus.clock, self.report.device
        reading, doubts = self._ledger.judge(flow, clock.monotonic())
        state = states.battery_state(reading)
        self._herd.heard(device, state.power_w, state.soc_pct)
        await self.report.info(facts.battery(line.facts, self._settings, self._group, is_pushed=measured.is_pushed))
        await self.report.doubts(doubts)
        await self.report.bus.publish(BATTERY_STATE.at(device), state, measured.arrived_ms)

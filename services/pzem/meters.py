"""Every module that is listened to, and the meters made of them: as they are, or two as the meter of the house."""

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from common.clock import Clock
from common.contract import LOAD_STATE, METER_STATE, PV_STATE, LoadState, MeterState
from common.errors import DeviceError, DeviceUnreachable
from common.messaging import Received
from common.report import Report
from services.pzem import states, wire
from services.pzem.clamp import Clamp, net
from services.pzem.config import GridSettings, MeasuredSettings, MeterSettings
from services.pzem.device import Listener

LOOK_UP_S: Final = 1.0
"""Silence is noticed by our own timer, not by the next message."""
OVERDUE: Final = 1.5
"""A reading that has not come after so many periods is not waited for."""
SILENT_ADVICE: Final = (
    "Check that its meter has power and Wi-Fi, that the topic is spelt as in the meter, and the rights at the broker "
    "(`ballast setup`). Nothing is assumed meanwhile."
)


class Meter(ABC):
    """What is told of one or two modules."""

    def __init__(self, report: Report, settings: MeasuredSettings, clamps: Sequence[Clamp]) -> None:
        self.report = report
        self.clamps = clamps
        self._stale_after_s = settings.stale_after_s
        self._clock: Clock = report.bus.clock
        self._began_s = self._clock.monotonic()

    @abstractmethod
    async def heard(self) -> None:
        """One of its modules has a new reading: say what follows from it."""

    async def look(self) -> None:
        """By the clock: is any of its modules silent?"""
        silent_s = max(self._age_s(clamp) for clamp in self.clamps)
        is_silent = silent_s > self._stale_after_s
        if is_silent or all(clamp.newest for clamp in self.clamps):
            await self.report.availability(not is_silent)
        why = next((clamp.trouble for clamp in self.clamps if clamp.trouble), "nothing is heard")
        text = f"has had no usable reading for {self._stale_after_s:.0f} s: {why}."
        await self.report.alert("silent", is_silent, text, SILENT_ADVICE)

    def _age_s(self, clamp: Clamp) -> float:
        since_s = clamp.newest.at_s if clamp.newest else self._began_s
        return self._clock.monotonic() - since_s


class ModuleMeter(Meter):
    """One module as it is."""

    def __init__(self, report: Report, settings: MeterSettings, clamp: Clamp) -> None:
        super().__init__(report, settings, (clamp,))
        self._clamp = clamp
        self._settings = settings

    async def heard(self) -> None:
        """Its reading, as what it hangs before."""
        measured, bus, device = self._clamp.newest, self.report.bus, self.report.device
        assert measured is not None
        model = f"PZEM-004T {self._clamp.version}" if self._clamp.version else "PZEM-004T"
        await self.report.info(states.meter_info(self._settings, model, self._clamp.firmware))
        state = states.metered(self._settings, measured)
        if isinstance(state, MeterState):
            await bus.publish(METER_STATE.at(device), state, measured.at_ms)
        elif isinstance(state, LoadState):
            await bus.publish(LOAD_STATE.at(device), state, measured.at_ms)
        else:
            await bus.publish(PV_STATE.at(device), state, measured.at_ms)


class GridMeter(Meter):
    """Consumption less production: the meter of a house that has no other."""

    def __init__(self, report: Report, settings: GridSettings, consumption: Clamp, production: Clamp) -> None:
        super().__init__(report, settings, (consumption, production))
        self._settings = settings

    async def heard(self) -> None:
        """Their difference, if they belong together; else nothing, and what was said grows old."""
        consumption, production = (clamp.newest for clamp in self.clamps)
        both = net(consumption, production, self._settings.apart_s)
        if both is None or self._is_better_awaited():
            return
        await self.report.info(states.meter_info(self._settings, "two PZEM-004T"))
        await self.report.bus.publish(METER_STATE.at(self.report.device), states.grid_state(both), both.at_ms)

    def _is_better_awaited(self) -> bool:
        """Whether the other one's next reading is due, and will be nearer in time to this one than its last."""
        before, now = sorted(self.clamps, key=lambda clamp: clamp.newest.at_s if clamp.newest else 0.0)
        assert before.newest is not None  # both were heard, or there would be no net
        assert now.newest is not None
        age_s = now.newest.at_s - before.newest.at_s
        period_s = before.period_s or math.inf
        return 0.5 < age_s / period_s < OVERDUE


class Meters:
    """All modules on one connection. `others` are told when a module of theirs has news."""

    def __init__(self, line: Listener, base: str, clamps: dict[str, Clamp], clock: Clock) -> None:
        self.turned_s = clock.monotonic()
        """When the loop last went round."""
        self.others: dict[str, list[Callable[[], None]]] = {}
        self.meters: list[Meter] = []
        self._line = line
        self._base = base
        self._clamps = clamps
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        async with self._line, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._line.hold())
            tasks.create_task(self._hear())
            tasks.create_task(self._look())

    async def _hear(self) -> None:
        async for received in await self._line.hear(self._base, *self._clamps):
            if received.topic == self._base:
                self._started(received)
            elif await self._take(self._clamps[received.topic], received):
                for tell in self.others.get(received.topic, ()):
                    tell()

    async def _take(self, clamp: Clamp, received: Received) -> bool:
        """Believe a message and say what follows. A retained one is of a time that nobody knows."""
        if received.retained:
            return False
        try:
            clamp.take(received.payload, received.arrived_s, self._clock.wall_ms())
        except DeviceError as error:
            clamp.trouble = str(error)
            for meter in self._of(clamp):
                meter.report.count("unread" if isinstance(error, DeviceUnreachable) else "nonsense")
            return False
        clamp.trouble = ""
        for meter in self._of(clamp):
            await meter.heard()
        return True

    def _started(self, received: Received) -> None:
        boot = wire.boot(received.payload)
        clamp = self._clamps.get(f"{self._base}/{boot.id}") if boot else None
        if boot is not None and clamp is not None:
            clamp.started(boot)

    def _of(self, clamp: Clamp) -> Iterable[Meter]:
        return (meter for meter in self.meters if clamp in meter.clamps)

    async def _look(self) -> None:
        async for _ in self._clock.every(LOOK_UP_S):
            self.turned_s = self._clock.monotonic()
            for meter in self.meters:
                await meter.look()

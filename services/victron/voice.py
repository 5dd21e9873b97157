"""The voice of a whole system: each state a second apart at most, dated with when the GX last gave a sign of life."""

import math
from typing import Final

from common.contract import BATTERY_STATE, METER_STATE, PV_STATE, Payload, Topic
from common.report import Report
from services.victron import states, steering
from services.victron.alarms import Standing, sentences
from services.victron.config import SystemSettings
from services.victron.device import Gx
from services.victron.situation import Situation
from services.victron.states import Mood

APART_S: Final = 0.9
SAID_S: Final = 3.0
"""What does not change is said again so often, as long as the GX lives; a meter that says nothing counts as silent."""


class Mouth:
    """Says the state of one device when it has changed, and now and then."""

    def __init__(self, report: Report, topic: Topic[Payload]) -> None:
        self.report, self._topic = report, topic
        self._said: Payload | None = None
        self._said_s = -math.inf

    async def say(self, state: Payload | None, measured_ms: int) -> None:
        """Publish, unless it was said a moment ago. None: nothing is known of it."""
        now_s = self.report.bus.clock.monotonic()
        if state is not None and now_s - self._said_s >= (APART_S if state != self._said else SAID_S):
            self._said, self._said_s = state, now_s
            await self.report.bus.publish(self._topic, state, measured_ms)


class Voice:
    """What one GX has to tell. `meter` and `pv` are the voices of those devices, if they are wanted."""

    def __init__(
        self, settings: SystemSettings, gx: Gx, battery: Report, meter: Report | None, pv: Report | None
    ) -> None:
        self._settings, self._gx, self._report = settings, gx, battery
        self._battery = Mouth(battery, BATTERY_STATE.at(battery.device))
        self._meter = Mouth(meter, METER_STATE.at(meter.device)) if meter is not None else None
        self._pv = Mouth(pv, PV_STATE.at(pv.device)) if pv is not None else None

    async def say(self, seen: Situation, mood: Mood) -> None:
        """Everything that has changed. While nothing is heard nothing is said, and what was said grows old."""
        if self._gx.is_gone:
            await self._leave()
        if not self._gx.is_fresh:
            return
        measured_ms = self._gx.heard_ms
        within = steering.bounds(self._settings, seen)
        await self._report.info(states.introduction(self._settings, seen, within, mood))
        await self._report.availability(True)
        await self._battery.say(states.battery(seen, mood), measured_ms)
        await self._tell(self._meter, "grid meter of a GX", states.meter(seen), measured_ms)
        await self._tell(self._pv, "sun on a GX", states.pv(seen), measured_ms)

    async def warn(self, standing: Standing) -> None:
        """Raise what is wrong now, take back what no longer is."""
        for kind, what in standing.items():
            await self._report.alert(kind, what is not None, *sentences(kind, what))

    async def _tell(self, mouth: Mouth | None, model: str, state: Payload | None, measured_ms: int) -> None:
        if mouth is not None:
            await mouth.report.info(states.plain(model))
            await mouth.report.availability(state is not None)
            await mouth.say(state, measured_ms)

    async def _leave(self) -> None:
        """It can no longer be reached: what it said last is unknown."""
        if await self._report.availability(False):
            await self._battery.say(states.UNKNOWN, self._report.bus.clock.wall_ms())
        for mouth in (self._meter, self._pv):
            if mouth is not None:
                await mouth.report.availability(False)

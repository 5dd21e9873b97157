"""Meters of the house that another program reads: a Linky, or any smart meter whose values live on MQTT. + import.

A reading is told when each of its values has been said again, so that what is drawn and what is fed in belong together,
and carries the time of the older of both. What the broker has kept is no reading: nobody knows its age.
"""

from typing import Final

from pydantic import ValidationError

from common.clock import Clock
from common.contract import METER_STATE, DeviceInfo, MeterState
from common.messaging import Inbox, Received
from common.others import Others
from common.payloads import document, member, scaled
from common.report import Report
from services.relay.config import MeterSettings

TICK_S: Final = 1.0
"""Pace of looking whether it has fallen silent."""


class NetMeter:
    """One meter."""

    def __init__(self, report: Report, settings: MeterSettings, others: Others) -> None:
        self._report, self._settings, self._others = report, settings, others
        self._clock: Clock = report.bus.clock
        self._values: dict[str, tuple[float, float]] = {}
        """(value, when it was said) by name."""
        self._anew: set[str] = set()
        """Said again since the last reading."""
        self._told_s: float | None = None
        self.turned_s = self._clock.monotonic()
        """When its loop last went round."""

    async def run(self) -> None:
        """For ever."""
        settings = self._settings
        topics = tuple(dict.fromkeys(source.topic for source in settings.sources().values()))
        await self._report.info(
            DeviceInfo(
                vendor="MQTT",
                model="meter",
                poll_s=settings.period_s,
                stale_after_s=settings.stale_after_s,
                topics=topics,
            )
        )
        inbox = await self._others.hear(*topics)
        while True:
            self.turned_s = self._clock.monotonic()
            await self._hear(inbox)
            is_there = self._told_s is not None and self.turned_s - self._told_s <= settings.stale_after_s
            await self._report.availability(is_there)

    async def _hear(self, inbox: Inbox) -> None:
        """The next message, if one comes within a moment."""
        try:
            async with self._clock.timeout(TICK_S):
                received = await inbox.next()
        except TimeoutError:
            return
        await self._take(received)

    async def _take(self, received: Received) -> None:
        if received.retained:
            return
        said = document(received.payload)
        for name, source in self._settings.sources().items():
            if source.topic == received.topic:
                self._note(name, scaled(member(said, source.field), source.scale), received.arrived_s)
        if self._anew >= self._settings.powers().keys():
            self._anew.clear()
            await self._tell()

    def _note(self, name: str, value: float | None, arrived_s: float) -> None:
        """What makes no sense leaves the value unknown until it is said anew."""
        if value is None:
            self._values.pop(name, None)
            self._anew.discard(name)
            self._report.count("unintelligible")
        else:
            self._values[name] = value, arrived_s
            self._anew.add(name)

    async def _tell(self) -> None:
        """One reading."""
        said_s = min(self._values[name][1] for name in self._settings.powers())
        power_w = sum(sign * self._values[name][0] for name, sign in self._settings.powers().items())
        is_possible = abs(power_w) <= self._settings.max_power_w
        await self._report.doubts(() if is_possible else ("power_w",), has_measured=is_possible)
        state = self._state(round(power_w, 1)) if is_possible else None
        if state is not None:
            now_s = self._told_s = self._clock.monotonic()
            measured_ms = self._clock.wall_ms() - round((now_s - said_s) * 1000)
            await self._report.bus.publish(METER_STATE.at(self._report.device), state, measured_ms)

    def _state(self, power_w: float) -> MeterState | None:
        counters = {name: round(self._values[name][0]) for name in self._settings.counters() if name in self._values}
        try:
            return MeterState.model_validate({"power_w": power_w, **counters})
        except ValidationError:
            self._report.count("implausible")
            return None

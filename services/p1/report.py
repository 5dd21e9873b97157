"""What the bridge says on MQTT about its meter, and what it counts."""

from typing import Final

from common import metrics
from common.alerts import Alerts
from common.contract import AVAILABILITY, INFO, METER_STATE, DeviceInfo, MeterState
from common.homewizard import DeviceFacts
from common.messaging import Bus
from services.p1.pace import Pace
from services.p1.troubles import Name, Trouble

DOUBTS: Final = 3
"""Impossible readings in a row that are worth an alert; one or two happen on a bad line."""


class Report:
    """Facts, availability, states and alerts of one meter. Says nothing twice."""

    def __init__(self, bus: Bus, alerts: Alerts, device: str) -> None:
        self._bus = bus
        self._alerts = alerts
        self._device = device
        self._info: DeviceInfo | None = None
        self._is_online: bool | None = None
        self._alerted: Name | None = None
        self._doubtful = 0

    async def info(self, facts: DeviceFacts, pace: Pace) -> None:
        """What kind of meter, and how often it is really read."""
        info = DeviceInfo(
            vendor="HomeWizard",
            model=facts.product_type,
            firmware=facts.firmware_version or None,
            poll_s=pace.period_s,
            stale_after_s=pace.stale_after_s,
        )
        if info != self._info:
            self._info = info
            await self._bus.publish(INFO.at("meter", self._device), info)

    async def availability(self, is_online: bool) -> None:
        """Whether there are new readings to be had."""
        if is_online != self._is_online:
            self._is_online = is_online
            metrics.DEVICE_AVAILABLE.labels(self._device, self._bus.account).set(is_online)
            await self._bus.publish(AVAILABILITY.at("meter", self._device), "online" if is_online else "offline")

    async def state(self, state: MeterState, measured_ms: int) -> None:
        """A new reading, and with it the end of whatever trouble there was."""
        await self._bus.publish(METER_STATE.at(self._device), state, measured_ms)
        await self.availability(True)
        if self._alerted is not None:
            await self._alerts.clear(self._alerted)
            self._alerted = None

    async def trouble(self, trouble: Trouble) -> None:
        """Why there are no readings; one reason at a time."""
        if self._alerted not in (None, trouble.name):
            await self._alerts.clear(self._alerted)
        self._alerted = trouble.name
        await self._alerts.set(trouble.name, trouble.text, trouble.advice, device=self._device, error=True)

    async def doubts(self, names: tuple[str, ...]) -> None:
        """Which values of the newest reading were left out as impossible."""
        self._doubtful = self._doubtful + 1 if names else 0
        if names:
            self.count("implausible")
        text = f"The meter reports values that cannot be true ({', '.join(names)}); they are left out."
        advice = (
            "If it lasts, pull the dongle's plug for a moment. If they are true, raise `max_power_w` in section `p1`."
        )
        if self._doubtful in (0, DOUBTS):
            await self._alerts.say("implausible", bool(names), text, advice, device=self._device)

    def count(self, kind: str) -> None:
        """Count an exchange or a reading that was of no use."""
        metrics.DEVICE_ERRORS.labels(self._device, self._bus.account, kind).inc()

"""What is said about one device on MQTT, each thing only when it has changed; and what is counted."""

import logging
from typing import Final

from common import metrics
from common.alerts import Alerts
from common.contract import AVAILABILITY, INFO, DeviceInfo
from common.messaging import Bus

LONGEST_NAME: Final = 32
DOUBTS: Final = 3
"""Impossible readings in a row that are worth an alert."""
log = logging.getLogger(__name__)


class Report:
    """The voice of one device, of the class `kind`."""

    def __init__(self, bus: Bus, alerts: Alerts, kind: str, device: str, member_of: str | None = None) -> None:
        self.bus = bus
        self.member_of = member_of
        """The device that it is a part of."""
        self.kind, self.device = kind, device
        self._alerts = alerts
        self._info: DeviceInfo | None = None
        self._is_online: bool | None = None
        self._doubtful = 0

    async def info(self, said: DeviceInfo) -> None:
        """What it is and can."""
        if said != self._info:
            self._info = said
            await self.bus.publish(INFO.at(self.kind, self.device), said)

    async def availability(self, is_online: bool) -> None:
        """Whether it can be reached."""
        if is_online != self._is_online:
            self._is_online = is_online
            metrics.DEVICE_AVAILABLE.labels(self.device, self.bus.account).set(is_online)
            log.info("%s is %s", self.device, "online" if is_online else "offline")
            await self.bus.publish(AVAILABILITY.at(self.kind, self.device), "online" if is_online else "offline")

    async def say(self, name: str, is_wrong: bool, text: str, advice: str) -> None:
        """Raise an alert while something is wrong."""
        alert = f"{name}-{self.device}"[:LONGEST_NAME]
        await self._alerts.say(alert, is_wrong, f"{self.device} {text}", advice, device=self.device)

    async def doubts(self, names: tuple[str, ...], *, has_measured: bool) -> None:
        """Which values of the newest message were left out as impossible."""
        if names:
            self._doubtful += 1
            self.count("implausible")
        elif has_measured:
            self._doubtful = 0
        text = f"reports values that cannot be true ({', '.join(names)}); they are left out."
        if self._doubtful == 0 or (names and self._doubtful == DOUBTS):
            await self.say("implausible", bool(names), text, "If they are true, raise its `max_power_w`.")

    def count(self, kind: str) -> None:
        """Count an exchange or a reading that was of no use."""
        metrics.DEVICE_ERRORS.labels(self.device, self.bus.account, kind).inc()

    def wrote(self, outcome: str) -> None:
        """Count an order said to the device."""
        metrics.DEVICE_WRITES.labels(self.device, self.bus.account, outcome).inc()

"""What is said about one device on MQTT, each thing only when it has changed; and what is counted."""

import logging
from typing import Final

from common import metrics
from common.alerts import Alerts
from common.contract import AVAILABILITY, INFO, DeviceInfo
from common.messaging import Bus

LONGEST_NAME: Final = 32
log = logging.getLogger(__name__)


class Voice:
    """The voice of one device, of the class `kind`."""

    def __init__(self, bus: Bus, alerts: Alerts, kind: str, device: str) -> None:
        self.bus = bus
        self.kind, self.device = kind, device
        self._alerts = alerts
        self._info: DeviceInfo | None = None
        self._is_online: bool | None = None

    async def info(self, told: DeviceInfo) -> None:
        """What it is and can."""
        if told != self._info:
            self._info = told
            await self.bus.publish(INFO.at(self.kind, self.device), told)

    async def availability(self, is_online: bool) -> None:
        """Whether it can be reached."""
        if is_online == self._is_online:
            return
        self._is_online = is_online
        metrics.DEVICE_AVAILABLE.labels(self.device, self.bus.account).set(is_online)
        log.info("%s is %s", self.device, "online" if is_online else "offline")
        await self.bus.publish(AVAILABILITY.at(self.kind, self.device), "online" if is_online else "offline")

    async def alert(self, name: str, is_wrong: bool, text: str, advice: str) -> None:
        """Raise an alert while something is wrong."""
        name = f"{name}-{self.device}"[:LONGEST_NAME]
        await self._alerts.say(name, is_wrong, f"{self.device} {text}", advice, device=self.device)

    def count(self, kind: str) -> None:
        """Count a message or an exchange that was of no use."""
        metrics.DEVICE_ERRORS.labels(self.device, self.bus.account, kind).inc()

    def wrote(self, outcome: str) -> None:
        """Count a word said to the device."""
        metrics.DEVICE_WRITES.labels(self.device, self.bus.account, outcome).inc()

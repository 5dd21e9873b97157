"""What is said about one device on MQTT, each thing only when it has changed; and what is counted."""

import logging
from typing import Final

from common import metrics
from common.alerts import Alerts
from common.contract import AVAILABILITY, INFO, DeviceInfo
from common.messaging import Bus
from services.homewizard.troubles import Trouble

LONGEST_NAME: Final = 32
DOUBTS: Final = 3
"""Impossible readings in a row that are worth an alert."""
log = logging.getLogger(__name__)


class Report:
    """The voice of one device, of the class `kind`."""

    def __init__(self, bus: Bus, alerts: Alerts, kind: str, device: str) -> None:
        self.bus = bus
        self.kind, self.device = kind, device
        self._alerts = alerts
        self._info: DeviceInfo | None = None
        self._is_online: bool | None = None
        self._trouble: str | None = None
        self._doubtful = 0

    async def info(self, said: DeviceInfo) -> None:
        """What it is and can."""
        if said != self._info:
            self._info = said
            await self.bus.publish(INFO.at(self.kind, self.device), said)

    async def availability(self, is_online: bool) -> None:
        """Whether it can be reached; back again is the end of whatever trouble there was."""
        if is_online and self._trouble is not None:
            await self._alerts.clear(self._name(self._trouble))
            self._trouble = None
        if is_online != self._is_online:
            self._is_online = is_online
            metrics.DEVICE_AVAILABLE.labels(self.device, self.bus.account).set(is_online)
            log.info("%s is %s", self.device, "online" if is_online else "offline")
            await self.bus.publish(AVAILABILITY.at(self.kind, self.device), "online" if is_online else "offline")

    async def trouble(self, trouble: Trouble) -> None:
        """Why it cannot be used; one reason at a time."""
        if self._trouble not in (None, trouble.name):
            await self._alerts.clear(self._name(self._trouble))
        self._trouble = trouble.name
        await self._alerts.set(self._name(trouble.name), trouble.text, trouble.advice, device=self.device, error=True)

    async def say(self, name: str, is_wrong: bool, text: str, advice: str) -> None:
        """Raise an alert while something is wrong."""
        await self._alerts.say(self._name(name), is_wrong, f"{self.device} {text}", advice, device=self.device)

    async def doubts(self, names: tuple[str, ...]) -> None:
        """Which values of the newest reading were left out as impossible."""
        self._doubtful = self._doubtful + 1 if names else 0
        if names:
            self.count("implausible")
        if self._doubtful in (0, DOUBTS):
            text = f"reports values that cannot be true ({', '.join(names)}); they are left out."
            advice = "If it lasts, pull its plug for a moment. If they are true, raise its `max_power_w`."
            await self.say("implausible", bool(names), text, advice)

    def count(self, kind: str) -> None:
        """Count an exchange or a reading that was of no use."""
        metrics.DEVICE_ERRORS.labels(self.device, self.bus.account, kind).inc()

    def polled(self, took_s: float) -> None:
        """Note how long a visit took."""
        metrics.DEVICE_POLL.labels(self.device, self.bus.account).observe(took_s)

    def wrote(self, outcome: str) -> None:
        """Count an order written to the device."""
        metrics.DEVICE_WRITES.labels(self.device, self.bus.account, outcome).inc()

    def _name(self, kind: str | None) -> str:
        return f"{kind}-{self.device}"[:LONGEST_NAME]

"""What is said about one device on MQTT, each thing only when it has changed; and what is counted."""

import logging
from typing import ClassVar, Final

from common import metrics
from common.alerts import Alerts
from common.contract import AVAILABILITY, INFO, DeviceInfo
from common.messaging import Bus

LONGEST_NAME: Final = 32
DOUBTS: Final = 3
"""Impossible readings in a row that are worth an alert; one or two happen on a bad line."""
log = logging.getLogger(__name__)


def alert_name(kind: str, device: str) -> str:
    """The last level of the topic of a device's alert."""
    return f"{kind}-{device}"[:LONGEST_NAME]


class Report:
    """The voice of one device, of the class `kind`."""

    IF_IN_DOUBT: ClassVar[str] = "If they are true, raise its `max_power_w`."
    """Advice where a device reports what cannot be."""

    def __init__(self, bus: Bus, alerts: Alerts, kind: str, device: str) -> None:
        self.bus = bus
        self.kind, self.device = kind, device
        self._alerts = alerts
        self._called = device
        """The subject of its sentences."""
        self._info: DeviceInfo | None = None
        self._is_online: bool | None = None
        self._doubtful = 0

    async def info(self, said: DeviceInfo) -> None:
        """What it is and can."""
        if said != self._info:
            self._info = said
            await self.bus.publish(INFO.at(self.kind, self.device), said)

    async def availability(self, is_online: bool) -> bool:
        """Whether it can be reached. Returns whether that is news."""
        if is_online == self._is_online:
            return False
        self._is_online = is_online
        word = "online" if is_online else "offline"
        metrics.DEVICE_AVAILABLE.labels(self.device, self.bus.account).set(is_online)
        log.info("%s is %s", self.device, word)
        await self.bus.publish(AVAILABILITY.at(self.kind, self.device), word)
        return True

    async def alert(self, kind: str, is_wrong: bool, text: str, advice: str) -> None:
        """Raise an alert while something is wrong. `text` goes on where the device's name ends."""
        await self._alerts.say(self._name(kind), is_wrong, f"{self._called} {text}", advice, device=self.device)

    async def doubts(self, names: tuple[str, ...], *, has_measured: bool = True) -> None:
        """Which values of the newest message were left out as impossible. `has_measured`: it had others."""
        if names:
            self._doubtful += 1
            self.count("implausible")
        elif has_measured:
            self._doubtful = 0
        if self._doubtful == 0 or (names and self._doubtful == DOUBTS):
            text = f"reports values that cannot be true ({', '.join(names)}); they are left out."
            await self.alert("implausible", bool(names), text, self.IF_IN_DOUBT)

    def polled(self, took_s: float) -> None:
        """Note how long an answer took."""
        metrics.DEVICE_POLL.labels(self.device, self.bus.account).observe(took_s)

    def count(self, kind: str) -> None:
        """Count an exchange or a reading that was of no use."""
        metrics.DEVICE_ERRORS.labels(self.device, self.bus.account, kind).inc()

    def wrote(self, outcome: str) -> None:
        """Count an order said to the device."""
        metrics.DEVICE_WRITES.labels(self.device, self.bus.account, outcome).inc()

    def made_safe(self, why: str) -> None:
        """Count that the device was put into its safe state without an order."""
        metrics.SAFE_STATE.labels(self.device, self.bus.account, why).inc()

    def _name(self, kind: str) -> str:
        return alert_name(kind, self.device)

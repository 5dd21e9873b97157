"""What an owner should know, retained on MQTT while it is so and cleared when it is over."""

import logging

from common import metrics
from common.contract import ALERT, Alert
from common.messaging import Bus

log = logging.getLogger(__name__)


class Alerts:
    """The alerts of one service. Raising one twice says it once."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._standing: dict[str, Alert] = {}

    async def tidy(self) -> None:
        """For ever: clear what an earlier run of ours left behind and this one does not say."""
        mine = f"alert/{self._bus.account}/"
        inbox = await self._bus.listen(ALERT, wanted=lambda topic: topic.startswith(mine))
        async for received in inbox:
            name = received.topic.removeprefix(mine)
            if received.retained and received.payload and name not in self._standing:
                await self._bus.clear(ALERT.at(self._bus.account, name))

    async def set(
        self, name: str, text: str, advice: str = "", *, device: str | None = None, error: bool = False
    ) -> None:
        """Raise the alert `name` (as in a topic), or change its words if it stands already."""
        known = self._standing.get(name)
        since_ms = known.since_ms if known else self._bus.clock.wall_ms()
        severity = "error" if error else "warning"
        alert = Alert.model_validate(
            {"severity": severity, "since_ms": since_ms, "text": text, "advice": advice, "device": device}
        )
        if alert == known:
            return
        if known is None:
            log.warning("%s: %s %s", self._bus.account, text, advice)
        self._standing[name] = alert
        metrics.ALERT_ACTIVE.labels(self._bus.account, name).set(1)
        await self._bus.publish(ALERT.at(self._bus.account, name), alert)

    def standing(self) -> frozenset[str]:
        """The names of the alerts that stand."""
        return frozenset(self._standing)

    async def clear(self, name: str) -> None:
        """Take the alert back if it stands."""
        alert = self._standing.pop(name, None)
        if alert is None:
            return
        log.info("%s: over: %s", self._bus.account, alert.text)
        metrics.ALERT_ACTIVE.labels(self._bus.account, name).set(0)
        await self._bus.clear(ALERT.at(self._bus.account, name))

    async def say(self, name: str, wrong: bool, text: str, advice: str = "", *, device: str | None = None) -> None:
        """Raise the alert if something is wrong, else clear it."""
        await (self.set(name, text, advice, device=device) if wrong else self.clear(name))

"""Orders kept on the broker, which a device would carry out again at each reconnect: they are taken back."""

import logging
from typing import Final

from common.alerts import Alerts
from common.clock import Clock
from common.errors import BrokerLost
from common.messaging import Received
from common.others import Others
from common.report import alert_name

TOLD_S: Final = 3600.0
"""The owner is told for so long; who left it may do so again."""
log = logging.getLogger(__name__)


class Leftovers:
    """All topics that our switches take orders on."""

    def __init__(self, others: Others, alerts: Alerts, clock: Clock, topics: dict[str, str]) -> None:
        """`topics`: the switch each is about."""
        self._others, self._alerts, self._clock, self._topics = others, alerts, clock, topics
        self._told: dict[str, float] = {}

    async def run(self) -> None:
        """For ever."""
        inbox = await self._others.hear(*self._topics, lane=_kept)
        async for received in inbox:
            if received.retained and received.payload:
                await self._take_back(received)

    async def _take_back(self, received: Received) -> None:
        device = self._topics.get(received.topic, received.topic)
        log.warning("%s: taking back the order %r kept on %s", device, received.payload[:40], received.topic)
        try:
            await self._others.forget(received.topic)
        except BrokerLost as lost:
            log.info("%s is taken back once the broker is there: %s", received.topic, lost)
        text = f"{device} had an order kept on the broker ({received.topic}); it was taken back."
        advice = "Find the program that publishes orders with the retain flag, and switch that off there."
        name = alert_name("leftover", device)
        await self._alerts.set(name, text, advice, device=device)
        self._told[name] = self._clock.monotonic()

    async def tidy(self) -> None:
        """For ever: take the alerts back when they have been told for long enough."""
        async for _ in self._clock.every(TOLD_S / 10):
            for name, told_s in list(self._told.items()):
                if self._clock.monotonic() - told_s >= TOLD_S:
                    del self._told[name]
                    await self._alerts.clear(name)


def _kept(received: Received) -> str:
    """What is kept may not be pushed aside by what is said now, our own words among them."""
    return f"{received.topic} {received.retained}"

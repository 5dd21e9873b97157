"""How the broker is, from its own `$SYS` topics: figures for Prometheus, and an alert when it drops messages.

Mosquitto tells them each 10 s (mosquitto.conf(5), sys_interval); brokers without them are silent, and so are we.
"""

import math
from typing import Final

from common import metrics
from common.alerts import Alerts
from common.clock import Clock
from common.messaging import Received
from common.others import Others

DROPPED: Final = "$SYS/broker/publish/messages/dropped"
CLIENTS: Final = "$SYS/broker/clients/connected"
HEAP: Final = "$SYS/broker/heap/current"
CALM_S: Final = 600.0
"""Without another drop for so long, dropping is over."""


def figure(received: Received) -> float | None:
    """The number in a message of the broker; None if it is none."""
    try:
        value = float(received.payload)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


class BrokerFigures:
    """The newest figures of one broker."""

    def __init__(self, others: Others, alerts: Alerts, clock: Clock) -> None:
        self._others, self._alerts, self._clock = others, alerts, clock
        self._dropped: float | None = None
        self._dropped_s = -math.inf

    async def run(self) -> None:
        """For ever."""
        async for received in await self._others.hear(DROPPED, CLIENTS, HEAP):
            value = figure(received)
            if value is None:
                continue
            if received.topic == DROPPED:
                await self._note_dropped(value)
            elif received.topic == CLIENTS:
                metrics.BROKER_CLIENTS.set(value)
            elif received.topic == HEAP:
                metrics.BROKER_HEAP.set(value)

    async def _note_dropped(self, total: float) -> None:
        """A total below the last one is that of a broker that began anew; the first one is old news."""
        now_s = self._clock.monotonic()
        known = total if self._dropped is None else self._dropped
        more = total - known if total >= known else total
        self._dropped = total
        metrics.BROKER_DROPPED.inc(more)
        if more:
            self._dropped_s = now_s
        text = "The broker drops messages: somebody who listens is too slow, or it is overloaded."
        advice = "See which client lags in the broker's log; give the machine some air."
        await self._alerts.say("broker_drops", now_s - self._dropped_s < CALM_S, text, advice)

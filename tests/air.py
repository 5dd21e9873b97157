"""Topics of other programs inside one process: what `Foreign` is over MQTT."""

import asyncio
from collections.abc import Callable

from common.clock import Clock
from common.errors import BrokerLost
from common.foreign import Filter
from common.memory_bus import MemoryBroker
from common.messaging import Inbox, Received
from common.others import by_topic


class MemoryAir:
    """One connection to a broker in the process, which may be cut."""

    def __init__(self, broker: MemoryBroker, clock: Clock) -> None:
        self.ready = asyncio.Event()
        self.ready.set()
        self.said: list[tuple[float, str, str]] = []
        self._broker, self._clock = broker, clock
        self._bus = broker.plug("air", "a0", clock)

    async def hear(self, *filters: str, lane: Callable[[Received], str] = by_topic) -> Inbox:
        return await self._bus.listen(*(Filter(each) for each in filters), lane=lane)

    async def say(self, topic: str, payload: str) -> None:
        self._check()
        self.said.append((self._clock.monotonic(), topic, payload))
        self._broker.publish(topic, payload.encode(), False)

    async def keep(self, topic: str, payload: str) -> None:
        self._check()
        self._broker.publish(topic, payload.encode(), True)

    async def forget(self, topic: str) -> None:
        self._check()
        self._broker.publish(topic, b"", True)

    def _check(self) -> None:
        if not self.ready.is_set():
            raise BrokerLost("cut")

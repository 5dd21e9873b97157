"""Keeps a scene up to date with what is said on a bus, and tells others of everything that came."""

from collections.abc import Callable

from common.contract import LEAVES
from common.errors import MessageRejected
from common.messaging import Bus, Reader, Received
from common.scene import Scene


class Watcher:
    """Feeds a scene with what may be used, and others with everything that came.

    `lane`: as of an inbox; by default the newest of each topic is enough.
    """

    def __init__(
        self,
        bus: Bus,
        *also: Callable[[Received], None],
        lane: Callable[[Received], str] = lambda received: received.topic,
    ) -> None:
        self.scene = Scene()
        self._bus = bus
        self._also = also
        self._lane = lane
        self._reader = Reader(bus, LEAVES)

    async def run(self) -> None:
        """For ever."""
        async for received in await self._bus.listen(*LEAVES, lane=self._lane):
            for other in self._also:
                other(received)
            if not received.payload:
                self.scene.clear(received.topic)
                continue
            try:
                message = self._reader.read(received)
            except MessageRejected:
                continue
            if message is not None:
                self.scene.take(message)

"""A guest on the bus that hears everything and takes nothing: for the view, the recorder and the judge."""

import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from common.bus import MqttBus, account_name
from common.clock import Clock
from common.config import MqttSettings
from common.contract import LEAVES
from common.errors import MessageRejected
from common.messaging import Inbox, Reader, Received
from services.cli.scene import Scene

VIEWER = "viewer"
"""The account of people who look; without passwords any name does."""


@asynccontextmanager
async def guest(mqtt: MqttSettings, clock: Clock, account: str | None = None) -> AsyncIterator[MqttBus]:
    """A connection with a random client id, no will and no status."""
    name = account or (VIEWER if mqtt.password_dir else account_name(mqtt.base, VIEWER))
    async with MqttBus(mqtt, name, secrets.token_hex(3), clock, guest=True) as bus:
        yield bus


async def everything(bus: MqttBus) -> Inbox:
    """An inbox for every topic of the contract in which no message replaces another."""
    numbers = itertools.count()
    return await bus.listen(*LEAVES, lane=lambda received: f"{next(numbers)}")


class Watcher:
    """Feeds a scene with what may be used, and others with everything that came."""

    def __init__(self, bus: MqttBus, *also: Callable[[Received], None]) -> None:
        self.scene = Scene()
        self._bus = bus
        self._also = also
        self._reader = Reader(bus, LEAVES)

    async def run(self) -> None:
        """For ever."""
        async for received in await everything(self._bus):
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

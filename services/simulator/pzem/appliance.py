"""What all of them share: a connection to the broker, a boot message, a plug that can be pulled.

async with MeterFake(broker, clock, flow) as fake:
    await fake.unplug()                 silence, as in a power cut
    await fake.plug_in()                it starts anew
    fake.heard                          every word that was said to it
"""

import asyncio
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from typing import Self

from common.clock import Clock
from common.config import MqttSettings, OtherBroker
from common.errors import BrokerLost
from common.foreign import Foreign

Broker = MqttSettings | OtherBroker
"""Where it lives."""


class Appliance(ABC):
    """One device at the broker."""

    def __init__(self, broker: Broker, clock: Clock, topic: str) -> None:
        self.topic = topic
        self.base, _, self.id = topic.rpartition("/")
        self.heard: list[str] = []
        """Every word said to it."""
        self._broker = broker
        self._clock = clock
        self._stack: AsyncExitStack | None = None

    async def __aenter__(self) -> Self:
        await self.plug_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.unplug()

    async def stay(self) -> None:
        """For ever."""
        async with self:
            await asyncio.get_running_loop().create_future()

    async def plug_in(self) -> None:
        """Power: it connects, says that it has started, and lives."""
        self.start()
        self._stack = AsyncExitStack()
        self._link = await self._stack.enter_async_context(
            Foreign(self._broker, "ems-simulator", self.topic, self._clock)
        )
        inbox = await self._link.hear(f"{self.topic}/cmd")
        await self._link.ready.wait()
        tasks = [asyncio.create_task(self._live())]

        async def obey() -> None:
            async for received in inbox:
                word = received.payload.decode(errors="replace")
                self.heard.append(word)
                await self.obey(word)

        tasks.append(asyncio.create_task(obey()))
        self._stack.push_async_callback(_ended, tasks)

    async def unplug(self) -> None:
        """Silence."""
        if self._stack is not None:
            stack, self._stack = self._stack, None
            await stack.aclose()

    async def _live(self) -> None:
        await self.say(self.boot(), self.base)
        await self.live()

    async def say(self, text: str, topic: str | None = None) -> None:
        """Publish as the firmware does: once, not retained, and without caring."""
        try:
            await self._link.say(topic or self.topic, text)
        except BrokerLost:
            return

    @abstractmethod
    def start(self) -> None:
        """What a start does to it."""

    @abstractmethod
    def boot(self) -> str:
        """Its boot message."""

    async def live(self) -> None:
        """What it does by itself, for ever."""
        return

    @abstractmethod
    async def obey(self, word: str) -> None:
        """It was told something."""


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

"""Somebody else at the same broker: sees everything as it is on the wire, and may say anything."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiomqtt

from common.clock import SystemClock
from common.config import MqttSettings

REAL = SystemClock()
PATIENCE_S = 20.0
"""Real seconds until a test gives up waiting for a broker …"""
HEARING_S = 50.0
"""… and for what somebody says there who may have to be started first, on a machine that has other things to do."""


@dataclass(frozen=True)
class Heard:
    """One message as the broker delivered it."""

    topic: str
    payload: bytes
    retained: bool
    qos: int
    expiry_s: int | None


@dataclass
class Guest:
    """A connection of MQTT 5 that has nothing to do with our own bus."""

    client: aiomqtt.Client
    heard: list[Heard] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _marks: "itertools.count[int]" = field(default_factory=itertools.count)

    async def say(self, topic: str, payload: bytes | str, *, retain: bool = False, qos: int = 1) -> None:
        await self.client.publish(topic, payload, qos=qos, retain=retain)

    async def caught_up(self) -> None:
        """Wait until everything has been heard that the broker had before now."""
        mark = f"caught-up/{id(self)}/{next(self._marks)}"
        await self.client.subscribe(mark, qos=1)
        await self.say(mark, b"")
        await self.hears(lambda heard: heard.topic == mark)
        self.heard[:] = [heard for heard in self.heard if heard.topic != mark]

    async def hears(self, wanted: Callable[[Heard], bool]) -> Heard:
        """The first message of that kind, of those that were heard and those that will be."""
        async with REAL.timeout(HEARING_S):
            while True:
                for heard in self.heard:
                    if wanted(heard):
                        return heard
                self._news.clear()
                await self._news.wait()

    def payloads(self, topic: str) -> list[bytes]:
        """What was heard on a topic, in order."""
        return [heard.payload for heard in self.heard if heard.topic == topic]

    async def listen(self) -> None:
        """For ever: note what is heard."""
        async for message in self.client.messages:
            expiry_s = getattr(message.properties, "MessageExpiryInterval", None)
            self.heard.append(
                Heard(message.topic.value, bytes(message.payload), bool(message.retain), message.qos, expiry_s)
            )
            self._news.set()


@asynccontextmanager
async def guest(broker: MqttSettings, *topics: str, user: str | None = None) -> AsyncIterator[Guest]:
    """A guest who listens to `topics`."""
    client = aiomqtt.Client(
        broker.host, broker.port, username=user, protocol=aiomqtt.ProtocolVersion.V5, timeout=PATIENCE_S
    )
    async with client:
        made = Guest(client)
        listening = asyncio.create_task(made.listen())
        for topic in topics:
            await client.subscribe(topic, qos=1)
        try:
            yield made
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def retained(broker: MqttSettings, topic: str = "#") -> dict[str, bytes]:
    """What the broker keeps."""
    async with guest(broker, topic) as made:
        await made.caught_up()
        return {heard.topic: heard.payload for heard in made.heard if heard.retained}

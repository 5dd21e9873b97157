"""A live connection to the dongle, in either generation: measurements as they come.

- v2: the websocket pushes; while it does not, the measurement is asked for each 10 s.
- v1: the measurement is asked for each `poll_s`.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

from common.clock import Clock
from common.errors import DeviceError, DeviceLocked, DeviceUnintelligible, DeviceUnreachable
from common.homewizard import DeviceFacts, JsonObject, NoTelegram, NotOffered, Pushed, Stream, V1Client, V2Client
from common.retry import backoff_s
from services.p1 import wire
from services.p1.heard import Heard, Item

REST_S: Final = 10.0
"""v2: between two questions while nothing is pushed."""
SILENT_S: Final = 45.0
"""A websocket without measurements for so long is closed, however well it answers pings."""
FIRST_RETRY_S, LAST_RETRY_S = 5.0, 300.0
log = logging.getLogger(__name__)


class Line(ABC):
    """A connection to the right dongle. Raises DeviceError and nothing else."""

    def __init__(self, clock: Clock, facts: DeviceFacts) -> None:
        self.facts = facts
        self.meter_s = 1.0
        """Period of the meter, as far as it is known; whoever listens keeps it up to date."""
        self._clock = clock

    @abstractmethod
    def heard(self) -> AsyncGenerator[Item, None]:
        """Measurements as they come. Ends when there is a better way to connect, raises when the line is dead."""

    async def meter_clock(self) -> str | None:
        """The meter's own time out of its raw telegram; None for a meter that has none, NoTelegram for a silent one."""
        try:
            raw = await self._telegram()
        except NotOffered:
            return None
        if not raw.strip():
            raise NoTelegram("the dongle has no telegram")
        return wire.meter_clock(raw)

    @abstractmethod
    async def _telegram(self) -> str:
        """The raw telegram."""

    @abstractmethod
    async def _measurement(self) -> JsonObject:
        """Ask for the newest measurement."""

    async def _poll(self, each_s: float, *, is_first: bool = False) -> Item:
        try:
            document = await self._measurement()
        except DeviceUnintelligible as error:
            return error
        return Heard(document, self._clock.wall_ms(), self._clock.monotonic(), is_first, each_s)


class V1Line(Line):
    """Polled over HTTP, without any proof of who answers but what it says."""

    def __init__(
        self,
        client: V1Client,
        facts: DeviceFacts,
        poll_s: float,
        verify: Callable[[], Awaitable[object]],
        is_superseded: Callable[[], bool],
    ) -> None:
        super().__init__(client.transport.clock, facts)
        self._client = client
        self._poll_s = poll_s
        self._verify = verify
        self._is_superseded = is_superseded
        self._verified = client.transport.connections

    async def heard(self) -> AsyncGenerator[Item, None]:
        is_first = True
        async for _ in self._clock.every(self._poll_s):
            if self._is_superseded():
                return
            yield await self._poll(self._poll_s, is_first=is_first)
            is_first = False

    async def _measurement(self) -> JsonObject:
        document = await self._client.data()
        if self._client.transport.connections != self._verified:  # made anew, perhaps to whoever has the address now
            await self._verify()
            self._verified = self._client.transport.connections
        return document

    async def _telegram(self) -> str:
        return await self._client.telegram()


class V2Line(Line):
    """Pushed through the websocket, else polled over HTTPS. The pinned certificate proves who answers."""

    def __init__(self, client: V2Client, facts: DeviceFacts) -> None:
        super().__init__(client.transport.clock, facts)
        self._client = client
        self._asked_s = -REST_S
        self._is_gone = False
        """It did not even answer a question: no use in another try by this line."""

    async def heard(self) -> AsyncGenerator[Item, None]:
        failures = 0
        while True:
            try:
                async with self._client.stream("measurement") as stream, aclosing(self._pushed(stream)) as pushed:
                    async for item in pushed:
                        failures = 0 if isinstance(item, Heard) and not item.is_first else failures
                        yield item
            except DeviceError as error:
                if self._is_gone or isinstance(error, DeviceLocked):
                    raise
                log.info("the websocket is down: %s", error)
            failures += 1
            async with aclosing(self._polled(backoff_s(failures, FIRST_RETRY_S, LAST_RETRY_S))) as polled:
                async for item in polled:
                    yield item

    async def _pushed(self, stream: Stream) -> AsyncGenerator[Item, None]:
        """What the websocket brings; a long silence is filled by asking, a longer one ends it."""
        pushed_s = self._clock.monotonic()
        is_first = True
        while True:
            message = await self._next(stream)
            if isinstance(message, DeviceUnintelligible):
                yield message
            elif message is None:
                self._give_up_after(pushed_s)
                yield await self._poll(REST_S)
            elif message.kind == "measurement" and isinstance(message.data, dict):
                pushed_s = message.arrived_s
                yield Heard(message.data, message.arrived_ms, message.arrived_s, is_first, 0.0)
                is_first = False

    async def _next(self, stream: Stream) -> Pushed | DeviceUnintelligible | None:
        try:
            return await stream.next(max(REST_S, 1.5 * self.meter_s))
        except DeviceUnintelligible as error:
            return error

    def _give_up_after(self, pushed_s: float) -> None:
        if self._clock.monotonic() - pushed_s >= max(SILENT_S, 3 * self.meter_s):
            raise DeviceUnreachable(f"the websocket brought no measurement for {SILENT_S:g} s")

    async def _polled(self, for_s: float) -> AsyncGenerator[Item, None]:
        """What asking brings, until it is time to try the websocket again."""
        until_s = self._clock.monotonic() + for_s
        is_first = True
        while (due_s := max(self._asked_s + REST_S, self._clock.monotonic())) < until_s:
            await self._clock.sleep(due_s - self._clock.monotonic())
            yield await self._poll(REST_S, is_first=is_first)
            is_first = False
        await self._clock.sleep(until_s - self._clock.monotonic())

    async def _measurement(self) -> JsonObject:
        self._asked_s = self._clock.monotonic()
        try:
            return await self._client.measurement()
        except DeviceUnintelligible:
            raise
        except DeviceError:
            self._is_gone = True
            raise

    async def _telegram(self) -> str:
        return await self._client.telegram()

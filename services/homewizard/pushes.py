"""Measurements of a v2 device: pushed by websocket, and asked for while it is down or silent.

A dongle may answer pings and stream nothing, and may replay one old sample after each reconnect: a silence is filled
by asking, a longer one ends the websocket, and the first sample of each is not believed.
"""

import logging
import math
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final, Self

from common.errors import DeviceError, DeviceLocked, DeviceUnintelligible
from common.homewizard import JsonObject, Pushed, Stream, V2Client
from common.retry import backoff_s

PUSHED_S: Final = 1.0
"""Between two pushes, as devices do it."""
ASKED_S: Final = 10.0
"""Between two questions, at least."""
SILENT_S: Final = 45.0
"""A websocket without measurements for so long is closed, however well it answers pings."""
FIRST_RETRY_S: Final = 5.0
LAST_RETRY_S: Final = 300.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement, not yet understood."""

    document: JsonObject
    arrived_ms: int
    is_pushed: bool


class Pushes:
    """The measurements of one device. Use as `async with`; nothing is opened before the first is wanted."""

    def __init__(self, client: V2Client) -> None:
        self.is_used = False
        """Somebody has asked for one: whoever does so is kept waiting here."""
        self._client = client
        self._clock = client.transport.clock
        self._open = AsyncExitStack()
        self._stream: Stream | None = None
        self._is_first = True
        self._pushed_s = 0.0
        self._asked_s = -math.inf
        self._failures = 0
        self._retry_s = -math.inf

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def next(self, each_s: float) -> Measured:
        """The next one: as it is pushed, or asked for after a silence of `each_s`, and `each_s` apart."""
        self.is_used = True
        each_s = max(each_s, ASKED_S)
        if self._stream is None and self._clock.monotonic() >= self._retry_s:
            await self._connect()
        pushed = await self._pushed(each_s) if self._stream is not None else None
        if pushed is not None:
            return pushed
        await self._clock.sleep(self._asked_s + each_s - self._clock.monotonic())
        self._asked_s = self._clock.monotonic()
        return Measured(await self._client.measurement(), self._clock.wall_ms(), is_pushed=False)

    async def _connect(self) -> None:
        try:
            self._stream = await self._open.enter_async_context(self._client.stream("measurement"))
        except DeviceLocked:
            raise
        except DeviceError as error:
            await self._lost(error)
        else:
            self._is_first, self._pushed_s = True, self._clock.monotonic()

    async def _pushed(self, patience_s: float) -> Measured | None:
        """What was pushed last; None after a silence, or when the websocket is gone."""
        try:
            message = await self._message(patience_s)
        except DeviceLocked:
            raise
        except DeviceUnintelligible as error:
            log.debug("a push that makes no sense: %s", error)
            return None
        except DeviceError as error:
            await self._lost(error)
            return None
        if message is None or not isinstance(message.data, dict):
            if self._clock.monotonic() - self._pushed_s >= SILENT_S:
                await self._lost("it brought no measurement for 45 s")
            return None
        self._pushed_s, self._failures = message.arrived_s, 0
        return Measured(message.data, message.arrived_ms, is_pushed=True)

    async def _message(self, patience_s: float) -> Pushed | None:
        """The newest measurement of those that wait, or the next one."""
        assert self._stream is not None  # its caller has looked
        until_s = self._clock.monotonic() + patience_s
        newest: Pushed | None = None
        while (message := await self._stream.next(0.0 if newest else until_s - self._clock.monotonic())) is not None:
            if message.kind != "measurement":
                continue
            newest, self._is_first = (None if self._is_first else message), False
        return newest

    async def _lost(self, why: object) -> None:
        """Close the websocket and leave it for a while; asking goes on."""
        self._stream = None
        self._failures += 1
        self._retry_s = self._clock.monotonic() + backoff_s(self._failures, FIRST_RETRY_S, LAST_RETRY_S)
        log.info("the websocket is down: %s", why)
        await self._open.aclose()

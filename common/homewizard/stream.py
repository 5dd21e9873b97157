"""The websocket of API v2: authorise, subscribe, then messages as they are pushed.

A reader of its own stamps each message on arrival. Silence on the line is found by a ping each 30 s; silence of
the *measurements* behind a line that answers pings is for the caller to judge.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
import orjson
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from common.errors import DeviceError, DeviceUnintelligible, DeviceUnreachable
from common.homewizard.answers import SHOWN, refuse_v2
from common.homewizard.transport import REQUEST_S, Transport, translated

PING_S: Final = 30.0
PONG_S: Final = 10.0
MAX_WAITING: Final = 64
"""Messages kept for a reader that is slow; the oldest go first."""


class Frame(BaseModel):
    """What every message looks like."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    type: str
    data: JsonValue = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """One message, with the instant it came."""

    kind: str
    data: JsonValue
    arrived_ms: int
    """Wall clock."""
    arrived_s: float
    """Monotonic clock."""


class Stream:
    """An open websocket. Reads through `next`, one reader at a time."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, transport: Transport) -> None:
        self._socket = socket
        self._where = transport.where
        self._clock = transport.clock
        self._inbox: asyncio.Queue[Pushed | DeviceError] = asyncio.Queue()
        self._pinged_s: float | None = None
        self._ping_due_s = self._clock.monotonic() + PING_S

    async def next(self, patience_s: float) -> Pushed | None:
        """The next message, or None if none comes for so long.

        Raises DeviceUnreachable when the line is dead, DeviceRefused or TokenRevoked for an `error` message, and
        DeviceUnintelligible for a message that makes no sense; after that one the stream goes on.
        """
        until_s = self._clock.monotonic() + patience_s
        while self._inbox.empty():
            await self._keep_alive()
            duty_s = self._ping_due_s if self._pinged_s is None else self._pinged_s + PONG_S
            wait_s = min(until_s, duty_s) - self._clock.monotonic()
            try:
                async with self._clock.timeout(wait_s):
                    return self._opened(await self._inbox.get())
            except TimeoutError:
                if self._clock.monotonic() >= until_s:
                    return None
        return self._opened(self._inbox.get_nowait())

    async def send(self, kind: str, data: JsonValue = None) -> None:
        """Send one message; the answer, if there is one, comes through `next`."""
        message = {"type": kind} if data is None else {"type": kind, "data": data}
        with translated(self._where):
            await self._socket.send_str(orjson.dumps(message).decode())

    async def authorise(self, token: str) -> None:
        """Say who we are, when asked. Raises TokenRevoked if the device does not know us."""
        await self._expect("authorization_requested")
        await self.send("authorization", token)
        await self._expect("authorized")

    async def read(self) -> None:
        """Move every frame to the inbox until the connection ends."""
        while True:
            frame = await self._socket.receive()
            if frame.type is aiohttp.WSMsgType.PING:
                with translated(self._where):
                    await self._socket.pong(frame.data)
            elif frame.type is aiohttp.WSMsgType.PONG:
                self._pinged_s, self._ping_due_s = None, self._clock.monotonic() + PING_S
            elif frame.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                self._put(self._understood(frame.data))
            else:
                self._put(DeviceUnreachable(f"{self._where} closed the websocket ({self._socket.close_code})"))
                return

    async def _expect(self, kind: str) -> None:
        until_s = self._clock.monotonic() + REQUEST_S
        while (message := await self.next(until_s - self._clock.monotonic())) is not None:
            if message.kind == kind:
                return
        raise DeviceUnreachable(f"{self._where} did not say {kind} on its websocket")

    async def _keep_alive(self) -> None:
        now_s = self._clock.monotonic()
        if self._pinged_s is not None and now_s >= self._pinged_s + PONG_S:
            raise DeviceUnreachable(f"{self._where} did not answer a ping for {PONG_S:g} s")
        if self._pinged_s is None and now_s >= self._ping_due_s:
            self._pinged_s = now_s
            with translated(self._where):
                await self._socket.ping()

    def _put(self, item: Pushed | DeviceError) -> None:
        if self._inbox.qsize() >= MAX_WAITING:
            self._inbox.get_nowait()
        self._inbox.put_nowait(item)

    def _understood(self, text: str | bytes) -> Pushed | DeviceError:
        try:
            frame = Frame.model_validate_json(text)
        except ValidationError:
            return DeviceUnintelligible(f"not a message: {text[:SHOWN]!r}")
        return Pushed(frame.type, frame.data, self._clock.wall_ms(), self._clock.monotonic())

    @staticmethod
    def _opened(item: Pushed | DeviceError) -> Pushed:
        if isinstance(item, DeviceError):
            raise item
        if item.kind == "error":
            reason = item.data.get("message") if isinstance(item.data, dict) else None
            refuse_v2(str(reason or ""), "an error on the websocket")
        return item


@asynccontextmanager
async def opened(socket: aiohttp.ClientWebSocketResponse, transport: Transport) -> AsyncIterator[Stream]:
    """A stream over `socket` for the block; afterwards both are closed, without waiting for the other side."""
    stream = Stream(socket, transport)
    reader = asyncio.create_task(stream.read())
    try:
        yield stream
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        await socket.close()

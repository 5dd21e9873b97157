"""A TCP link that misbehaves as told: slow, narrow, half-open, cut, refused.

It stands between a client and a server of the loopback. Its latency and its width are in the time of the clock it
is given, so that on a jump clock two seconds of latency cost nothing.
"""

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Self

from common.clock import Clock

CHUNK = 4096
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST and not FIN."""
Parcel = tuple[float, bytes]
"""Bytes and the instant at which they are due on the other side; none for the end of the stream."""


class TcpChaos:
    """A link on `port` to `upstream`. Healthy until it is told otherwise; everything applies to both directions."""

    def __init__(self, upstream: int, clock: Clock, seed: int = 0) -> None:
        self.port = 0
        self.accepted = 0
        """Connections so far."""
        self.upstream = upstream
        self._clock = clock
        self._random = random.Random(seed)
        self._latency_s = 0.0
        self._jitter_s = 0.0
        self._bytes_per_s = float("inf")
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        self.cut()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def slow(self, latency_s: float, jitter_s: float = 0.0) -> None:
        """From now on bytes take that long, and up to `jitter_s` more."""
        self._latency_s, self._jitter_s = latency_s, jitter_s

    def narrow(self, bytes_per_s: float) -> None:
        """From now on no more than so many bytes pass in a second."""
        self._bytes_per_s = bytes_per_s

    def blackhole(self) -> None:
        """Half-open: connections stay, new ones are taken, and nothing passes; not even the end of one."""
        self._open.clear()

    def heal(self) -> None:
        """As fast and wide as the loopback is; what a black hole held arrives now."""
        self._latency_s, self._jitter_s, self._bytes_per_s = 0.0, 0.0, float("inf")
        self._open.set()

    def cut(self) -> None:
        """Reset every connection. New ones are welcome."""
        for end in self._ends:
            sock = end.get_extra_info("socket")
            if sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.transport.abort()

    async def refuse(self) -> None:
        """Refuse new connections; those that exist stay."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def accept(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        link = asyncio.ensure_future(self._link(reader, writer))
        self._links.add(link)
        link.add_done_callback(self._links.discard)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        self._ends |= ends
        try:
            await self._open.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream, limit=CHUNK)
            ends.add(far_writer)
            self._ends |= ends
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, far_writer))
                pumps.create_task(self._pump(far_reader, writer))
        except* OSError:
            pass
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction: reading goes on while earlier bytes are still on their way."""
        parcels: asyncio.Queue[Parcel] = asyncio.Queue(maxsize=64)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._take_in(reader, parcels.put))
            both.create_task(self._hand_out(parcels.get, writer))

    async def _take_in(self, reader: asyncio.StreamReader, put: Callable[[Parcel], Awaitable[None]]) -> None:
        due_s, ended = 0.0, False
        while not ended:
            data = await reader.read(CHUNK)
            delay_s = self._latency_s + self._random.uniform(0.0, self._jitter_s)
            due_s = max(due_s, self._clock.monotonic() + delay_s)  # jitter does not reorder a stream
            await put((due_s, data))
            ended = not data

    async def _hand_out(self, get: Callable[[], Awaitable[Parcel]], writer: asyncio.StreamWriter) -> None:
        while True:
            due_s, data = await get()
            wait_s = max(0.0, due_s - self._clock.monotonic()) + len(data) / self._bytes_per_s
            if wait_s:
                await self._clock.sleep(wait_s)
            await self._open.wait()
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

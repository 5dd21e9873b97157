"""A dongle to talk to, and servers that are none."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from common.clock import Clock
from common.homewizard import Pairing, pair
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import House, Steps

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[P1Fake]:
    """A dongle on a house that draws 500 W."""
    async with P1Fake(House(Steps(500.0), Steps(0.0), {}), clock) as fake:
        yield fake


@pytest.fixture
async def pairing(fake: P1Fake, clock: Clock, tmp_path: Path) -> Pairing:
    """Paired with the dongle."""
    return await paired(fake, clock, tmp_path)


async def paired(fake: P1Fake, clock: Clock, data_dir: Path) -> Pairing:
    """Pair while somebody leans on the button."""
    return await pair(fake.host, "p1", data_dir, clock, lambda _: fake.press_button(), port=fake.https_port)


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[int]:
    """A TCP server on a port of its own; every connection is closed at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(answer: bytes) -> Handler:
    """Answers everything with the same bytes, then closes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return handler


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Listens for ever."""
    await asyncio.Event().wait()

"""Servers on a broker's port that are none, or none any more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GREETING = b"\x20\x03\x00\x00\x00"
"""CONNACK of MQTT 5: welcome."""
DOOR_SHUT = b"\x20\x03\x00\x87\x00"
"""CONNACK of MQTT 5: not authorised."""


@dataclass
class BrokenBroker:
    """A server, and how often somebody fell for it."""

    port: int
    connections: int = 0


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the connection and never answer."""
    await reader.read()


async def slamming(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close at once."""


async def greeting_and_closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close right behind the welcome, which is what makes clients into zombies."""
    await reader.read(1024)
    writer.write(GREETING)


async def greeting_and_sleeping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Welcome, and then not one word."""
    await reader.read(1024)
    writer.write(GREETING)
    await reader.read()


async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say no to this account."""
    await reader.read(1024)
    writer.write(DOOR_SHUT)
    await reader.read()


async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be a web server, or worse."""
    await reader.read(1024)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(range(256)))
    await reader.read()


async def babbling_after_a_welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A welcome, and then bytes that no broker says."""
    await reader.read(1024)
    writer.write(GREETING + bytes(range(256)))
    await reader.read()


@asynccontextmanager
async def broken_broker(behave: Behaviour) -> AsyncIterator[BrokenBroker]:
    """A server on a port of its own that behaves like that to everybody."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.connections += 1
        try:
            await behave(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(welcome, "127.0.0.1", 0)
    made = BrokenBroker(server.sockets[0].getsockname()[1])
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

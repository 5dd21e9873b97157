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


async def leaking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Work, in MQTT 3.1.1, but deliver what nobody asked for: topics of another tree behind each self test."""
    while packet := await _packet(reader):
        kind, body = packet[0] & 0xF0, packet[1:]
        if kind == 0x10:
            writer.write(b"\x20\x02\x00\x00")
        elif kind == 0x80:
            writer.write(b"\x90\x04" + body[:2] + b"\x01\x01")
        elif kind == 0x30:
            length = int.from_bytes(body[:2], "big")
            writer.write(b"\x40\x02" + body[2 + length : 4 + length])
            writer.write(_publish(body[2 : 2 + length], body[4 + length :]))
            for topic in (b"meter/leaked/state", b"service/ems-p1/status", b"emsx/meter/leaked/state"):
                writer.write(_publish(topic, b"offline"))


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """The first byte and the body of a packet; nothing at the end."""
    try:
        first, length = await reader.readexactly(2)
        if length > 127:
            length += 128 * ((await reader.readexactly(1))[0] - 1)
        return bytes([first]) + await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return b""


def _publish(topic: bytes, payload: bytes) -> bytes:
    """A message of QoS 0, of less than 16 kB."""
    high, low = divmod(2 + len(topic) + len(payload), 128)
    return bytes([0x30, low | 128, high]) + len(topic).to_bytes(2, "big") + topic + payload


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

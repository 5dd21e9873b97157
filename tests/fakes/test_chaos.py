"""The links that misbehave do so as told, and no more."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.clock import Clock
from tests.fakes.chaos import TcpChaos


@pytest.fixture
async def link(clock: Clock) -> AsyncIterator[TcpChaos]:
    """A link to a server that says everything back."""
    ends: list[asyncio.StreamWriter] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with TcpChaos(server.sockets[0].getsockname()[1], clock) as chaos:
        yield chaos
    server.close()
    for end in ends:
        end.transport.abort()
    await clock.sleep(0)


class Client:
    """One connection through the link."""

    def __init__(self, link: TcpChaos) -> None:
        self._link = link

    async def __aenter__(self) -> "Client":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._link.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def round_trip(self, data: bytes = b"hello") -> bytes:
        self.writer.write(data)
        return await self.reader.readexactly(len(data))


async def test_a_healthy_link_passes_everything(link: TcpChaos) -> None:
    async with Client(link) as client:
        data = bytes(range(256)) * 1000
        assert await client.round_trip(data) == data


async def test_the_end_of_a_stream_passes(link: TcpChaos) -> None:
    async with Client(link) as client:
        await client.round_trip()
        client.writer.write_eof()
        assert await client.reader.read() == b""


async def test_latency_is_paid_in_each_direction_and_in_the_clocks_time(link: TcpChaos, clock: Clock) -> None:
    link.slow(2.0)
    async with Client(link) as client:
        began_s = clock.monotonic()
        await client.round_trip()
        assert clock.monotonic() - began_s == pytest.approx(4.0, abs=0.1)


async def test_latency_does_not_make_a_link_narrow(link: TcpChaos, clock: Clock) -> None:
    link.slow(2.0)
    async with Client(link) as client:
        began_s = clock.monotonic()
        for _ in range(10):
            client.writer.write(b"x")
            await clock.sleep(0.1)
        await client.reader.readexactly(10)
        assert clock.monotonic() - began_s < 6.0


async def test_jitter_does_not_reorder_a_stream(link: TcpChaos, clock: Clock) -> None:
    link.slow(0.0, jitter_s=1.0)
    async with Client(link) as client:
        for number in range(20):
            client.writer.write(bytes([number]))
            await clock.sleep(0.01)
        assert await client.reader.readexactly(20) == bytes(range(20))


async def test_a_narrow_link_takes_its_time(link: TcpChaos, clock: Clock) -> None:
    link.narrow(5000)
    async with Client(link) as client:
        began_s = clock.monotonic()
        await client.round_trip(bytes(20_000))
        assert clock.monotonic() - began_s >= 4.0


async def test_a_black_hole_holds_everything_and_closes_nothing(link: TcpChaos, clock: Clock) -> None:
    async with Client(link) as client:
        await client.round_trip()
        link.blackhole()
        with pytest.raises(TimeoutError):
            async with clock.timeout(60):
                await client.round_trip()
        link.heal()
        assert await client.reader.readexactly(5) == b"hello"


async def test_a_black_hole_takes_new_connections(link: TcpChaos, clock: Clock) -> None:
    link.blackhole()
    async with Client(link) as client:
        client.writer.write(b"hello")
        await clock.sleep(60)
        link.heal()
        assert await client.reader.readexactly(5) == b"hello"


async def test_a_cut_resets_what_exists_and_takes_what_comes(link: TcpChaos) -> None:
    async with Client(link) as client:
        await client.round_trip()
        link.cut()
        with pytest.raises(ConnectionResetError):
            await client.reader.readexactly(1)
    async with Client(link) as client:
        assert await client.round_trip() == b"hello"
    assert link.accepted == 2


async def test_a_link_that_refuses_keeps_what_exists(link: TcpChaos) -> None:
    async with Client(link) as client:
        await client.round_trip()
        await link.refuse()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", link.port)
        assert await client.round_trip() == b"hello"
    await link.accept()
    async with Client(link) as client:
        assert await client.round_trip() == b"hello"


async def test_a_server_that_is_away_ends_the_connection(clock: Clock) -> None:
    async with TcpChaos(1, clock) as link, Client(link) as client:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await client.round_trip()

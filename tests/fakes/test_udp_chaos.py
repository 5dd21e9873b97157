"""The weather on a UDP link is as told, and the same for the same seed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from common.clock import Clock
from tests.fakes.udp_chaos import UdpChaos, Weather


@pytest.fixture
async def server() -> AsyncIterator[int]:
    """A server that says everything back. Its port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()
    loop.add_reader(sock, lambda: sock.sendto(*sock.recvfrom(65_535)))
    with sock:
        yield sock.getsockname()[1]
        loop.remove_reader(sock)


async def echoed(link: UdpChaos, clock: Clock, count: int = 100) -> list[bytes]:
    """What comes back of `count` numbered datagrams, one each 10 ms."""
    loop, answers = asyncio.get_running_loop(), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect(("127.0.0.1", link.port))
        for number in range(count):
            await loop.sock_sendall(client, b"datagram %d" % number)
            await clock.sleep(0.01)
        with suppress(TimeoutError):
            async with clock.timeout(60):
                while True:
                    answers.append(await loop.sock_recv(client, 65_535))
    return answers


SENT = [b"datagram %d" % number for number in range(100)]


async def test_good_weather_passes_everything_in_order(server: int, clock: Clock) -> None:
    with UdpChaos(server, clock) as link:
        assert await echoed(link, clock) == SENT


async def test_some_are_dropped_on_either_way(server: int, clock: Clock) -> None:
    with UdpChaos(server, clock, seed=1, there=Weather(drop=0.15), back=Weather(drop=0.15)) as link:
        answers = await echoed(link, clock)
    assert len(answers) == 100 - link.tally.dropped
    assert 15 <= link.tally.dropped <= 45
    assert answers == [sent for sent in SENT if sent in answers]


async def test_some_come_twice(server: int, clock: Clock) -> None:
    with UdpChaos(server, clock, there=Weather(repeat=0.2)) as link:
        answers = await echoed(link, clock)
    assert len(answers) == 100 + link.tally.repeated > 105
    assert set(answers) == set(SENT)


async def test_some_come_late(server: int, clock: Clock) -> None:
    with UdpChaos(server, clock, there=Weather(reorder=0.2)) as link:
        answers = await echoed(link, clock)
    assert answers != SENT
    assert sorted(answers) == sorted(SENT)
    assert link.tally.reordered > 5


async def test_some_are_corrupted_or_truncated(server: int, clock: Clock) -> None:
    with UdpChaos(server, clock, there=Weather(corrupt=0.2, truncate=0.2)) as link:
        answers = await echoed(link, clock)
    assert len(answers) == 100
    assert len(set(SENT) - set(answers)) >= max(link.tally.corrupted, link.tally.truncated) > 5


async def test_all_take_their_time(server: int, clock: Clock) -> None:
    with UdpChaos(server, clock, there=Weather(latency_s=2.0), back=Weather(latency_s=1.0)) as link:
        began_s = clock.monotonic()
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            client.connect(("127.0.0.1", link.port))
            await loop.sock_sendall(client, b"x")
            await loop.sock_recv(client, 10)
    assert clock.monotonic() - began_s == pytest.approx(3.0, abs=0.01)


async def test_the_same_seed_brings_the_same_fate(server: int, clock: Clock) -> None:
    fates = []
    for seed in (7, 7, 8):
        storm = Weather(drop=0.2, repeat=0.2, corrupt=0.2, truncate=0.2, reorder=0.2, late_s=0.123)
        with UdpChaos(server, clock, seed=seed, there=storm) as link:
            fates.append(await echoed(link, clock))
    assert fates[0] == fates[1] != fates[2]


async def test_clients_do_not_get_each_others_answers(server: int, clock: Clock) -> None:
    with UdpChaos(server, clock) as link:
        one, other = await asyncio.gather(echoed(link, clock), echoed(link, clock))
    assert one == other == SENT

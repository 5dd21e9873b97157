"""A UDP link that drops, repeats, reorders, delays, corrupts and truncates, by seed: the same seed, the same fate.

It stands between clients and a server of the loopback. Delays are in the time of the clock it is given.
"""

import asyncio
import itertools
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from common.clock import Clock

Address = tuple[str, int]
Send = Callable[[bytes], object]


@dataclass
class Weather:
    """What happens to the datagrams of one direction; shares are 0 to 1."""

    drop: float = 0.0
    repeat: float = 0.0
    """It comes twice."""
    corrupt: float = 0.0
    """One byte becomes another."""
    truncate: float = 0.0
    """Its end is missing."""
    reorder: float = 0.0
    """It comes `late_s` later than it would, behind those that follow."""
    late_s: float = 0.5
    latency_s: float = 0.0
    jitter_s: float = 0.0


@dataclass
class Tally:
    """What has been done so far, so that a test can know that anything was."""

    arrived: int = 0
    dropped: int = 0
    repeated: int = 0
    corrupted: int = 0
    truncated: int = 0
    reordered: int = 0


@dataclass
class UdpChaos:
    """A link on `port` to `upstream`; towards the server each client has a port of its own."""

    upstream: int
    clock: Clock
    seed: int = 0
    there: Weather = field(default_factory=Weather)
    """From client to server."""
    back: Weather = field(default_factory=Weather)
    """From server to client."""
    tally: Tally = field(default_factory=Tally)

    def __enter__(self) -> Self:
        self._dice_there, self._dice_back = random.Random(self.seed), random.Random(self.seed + 1)
        self._numbers = itertools.count()
        self._under_way: dict[int, Callable[[], None]] = {}
        self._ways: dict[Address, socket.socket] = {}
        self._front = self._socket(self._from_client)
        self._front.bind(("127.0.0.1", 0))
        self.port = int(self._front.getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        for cancel in self._under_way.values():
            cancel()
        for sock in (self._front, *self._ways.values()):
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()

    def _socket(self, arrived: Callable[[bytes, Address], None]) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)

        def read() -> None:
            with suppress(OSError):  # nobody listens there, says ICMP
                arrived(*sock.recvfrom(65_535))

        asyncio.get_running_loop().add_reader(sock, read)
        return sock

    def _from_client(self, data: bytes, client: Address) -> None:
        if client not in self._ways:
            way = self._socket(lambda answer, _: self._decide(answer, self.back, self._dice_back, self._to(client)))
            way.connect(("127.0.0.1", self.upstream))
            self._ways[client] = way
        self._decide(data, self.there, self._dice_there, self._ways[client].send)

    def _to(self, client: Address) -> Send:
        return lambda data: self._front.sendto(data, client)

    def _decide(self, data: bytes, weather: Weather, dice: random.Random, send: Send) -> None:
        """The fate of one datagram; the dice are thrown the same way whatever the weather."""
        drop, repeat, corrupt, truncate, reorder, jitter, at, other = (dice.random() for _ in range(8))
        if drop < weather.drop:
            self.tally.dropped += 1
            return
        if corrupt < weather.corrupt and data:
            self.tally.corrupted += 1
            index = int(at * len(data))
            data = data[:index] + bytes([data[index] ^ (1 + int(other * 255))]) + data[index + 1 :]
        if truncate < weather.truncate:
            self.tally.truncated += 1
            data = data[: int(at * len(data))]
        late_s = weather.late_s if reorder < weather.reorder else 0.0
        self.tally.reordered += late_s > 0
        self._deliver(data, weather.latency_s + weather.jitter_s * jitter + late_s, send)
        if repeat < weather.repeat:
            self.tally.repeated += 1
            self._deliver(data, weather.latency_s + weather.late_s * other, send)

    def _deliver(self, data: bytes, delay_s: float, send: Send) -> None:
        number = next(self._numbers)

        def arrive() -> None:
            self._under_way.pop(number, None)
            self.tally.arrived += 1
            with suppress(OSError):
                send(data)

        if delay_s > 0:
            self._under_way[number] = self.clock.call_later(delay_s, arrive)
        else:
            arrive()

"""The only file here with sockets: one per local UDP port, shared by all batteries that answer to it.

A `Line` is the way to one battery. It keeps what the vendor's radio needs: one question in flight, and two seconds
of quiet after the last datagram in either direction. What does not belong to the question in flight (duplicates,
late replies, our own broadcasts, noise, other batteries) never comes out of it.
"""

import asyncio
import ipaddress
import logging
import math
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from common.clock import Clock
from common.errors import DeviceError, DeviceRefused, DeviceUnreachable
from services.udp_battery import wire
from services.udp_battery.wire import Reply, Request

Address = tuple[str, int]

QUIET_S: Final = 2.0
"""After a datagram the device drops what comes within one to two seconds."""
LULL_S: Final = 10.0
"""How long a broadcast waits for a moment in which no battery of the port is busy."""
SEEK_S: Final = 2.5

log = logging.getLogger(__name__)


class WrongDevice(DeviceRefused):
    """Raised when a device with another MAC answers. It must never be given an order."""


class PortTaken(DeviceError):
    """Raised when the local port cannot be had. The text says what to do."""


class Line:
    """The way to one battery. `mac`, once known, is who must answer."""

    def __init__(self, port: "Port", address: Address | None, mac: str | None) -> None:
        self.address = address
        """Where it lives; None while its name means nothing to anybody."""
        self.mac = mac
        self.is_sought = False
        self.found = asyncio.Event()
        """The battery has answered from another address, which is now ours."""
        self._port = port
        self._clock = port.clock
        self._last_s = -math.inf
        self._number = random.randrange(wire.MAX_ID)
        self._turn = asyncio.Lock()
        self._waiting: tuple[int, asyncio.Future[Reply]] | None = None

    @property
    def quiet_at_s(self) -> float:
        """The monotonic instant from which the next request may be sent, if nothing comes until then."""
        return self._last_s + QUIET_S

    @property
    def is_idle(self) -> bool:
        """No question in flight, and quiet."""
        return not self._turn.locked() and self._clock.monotonic() >= self.quiet_at_s

    async def ask(self, request: Request, timeout_s: float, *, copy_after_s: float | None = None) -> Reply:
        """Send one request, as soon as it is quiet, and wait for its answer.

        With `copy_after_s` the same datagram goes out a second time if nothing came by then.
        Raises DeviceUnreachable if nothing came at all, WrongDevice if somebody else answered.
        """
        async with self._turn:
            while (left_s := self.quiet_at_s - self._clock.monotonic()) > 0:
                await self._clock.sleep(left_s)
            self._number = self._number % wire.MAX_ID + 1
            answer = asyncio.get_running_loop().create_future()
            self._waiting = self._number, answer
            datagram = request.encode(self._number)
            try:
                self._send(datagram)
                return await self._answer(answer, datagram, timeout_s, copy_after_s)
            finally:
                self._waiting = None

    async def seek(self, addresses: Sequence[Address]) -> bool:
        """Ask everybody for this battery, which is silent where it used to be. Returns whether it moved."""
        return await self._port.seek(self, addresses)

    def receive(self, reply: Reply | None) -> None:
        """Take a datagram that came from this battery's address."""
        self.touch()
        if reply is None or self._waiting is None:
            return
        number, answer = self._waiting
        if answer.done() or not (reply.number == number or reply.is_busy):
            return
        if self.mac is not None and reply.mac not in (None, self.mac):
            expected, other = wire.masked_mac(self.mac), wire.masked_mac(reply.mac)
            answer.set_exception(WrongDevice(f"expected the battery {expected} at {self._where}, found {other}"))
            return
        answer.set_result(reply)

    def touch(self) -> None:
        """Begin the quiet time anew."""
        self._last_s = self._clock.monotonic()

    def _send(self, datagram: bytes) -> None:
        self.touch()
        if self.address is not None:
            self._port.send(datagram, self.address)

    @property
    def _where(self) -> str:
        return self.address[0] if self.address else "an unknown address"

    async def _answer(
        self, answer: asyncio.Future[Reply], datagram: bytes, timeout_s: float, copy_after_s: float | None
    ) -> Reply:
        def copy() -> None:
            if not answer.done():
                self._send(datagram)

        cancel = self._clock.call_later(copy_after_s, copy) if copy_after_s is not None else lambda: None
        try:
            async with self._clock.timeout(timeout_s):
                return await answer
        except TimeoutError:
            raise DeviceUnreachable(f"{self._where} did not answer within {timeout_s:g} s") from None
        finally:
            cancel()


class Port(asyncio.DatagramProtocol):
    """One local UDP port and the lines that use it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.overheard: Callable[[Reply, Address], None] = lambda reply, source: None
        """Told of replies from addresses that are nobody's."""
        self.closed = asyncio.get_running_loop().create_future()
        self._lines: list[Line] = []
        self._transport: asyncio.DatagramTransport | None = None

    def plug(self, transport: asyncio.DatagramTransport) -> None:
        """Say through which socket to send. (asyncio's own `connection_made` does not give it this type.)"""
        self._transport = transport

    def line(self, address: Address | None, mac: str | None) -> Line:
        """Open the way to one more battery."""
        line = Line(self, address, mac)
        self._lines.append(line)
        return line

    def send(self, datagram: bytes, address: Address) -> None:
        """Send one datagram; neither an empty one nor one the radio cannot take."""
        assert self._transport is not None
        assert 0 < len(datagram) <= wire.MAX_DATAGRAM
        log.debug("to %s: %s", address[0], wire.masked(datagram))
        self._transport.sendto(datagram, address)

    async def seek(self, line: Line, addresses: Sequence[Address]) -> bool:
        """As `Line.seek`: one broadcast, in a moment in which it disturbs nobody."""
        if line.mac is None or not await self._lull():
            return False
        line.found.clear()
        line.is_sought = True
        try:
            self.broadcast(wire.get_device(line.mac), addresses)
            async with self.clock.timeout(SEEK_S):
                await line.found.wait()
        except TimeoutError:
            return False
        finally:
            line.is_sought = False
        return True

    def broadcast(self, request: Request, addresses: Iterable[Address]) -> None:
        """Ask everybody; every battery then needs its quiet. The id is 0, so that no answer matches a question."""
        for address in addresses:
            self.send(request.encode(0), address)
        for line in self._lines:
            line.touch()

    async def _lull(self) -> bool:
        """Wait for a moment in which no line has a question in flight."""
        for _ in range(int(LULL_S / 0.5)):
            if all(line.is_idle for line in self._lines):
                return True
            await self.clock.sleep(0.5)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self.closed.set_result(exc)

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio when the network refuses a datagram. Whoever asked will hear nothing."""
        log.debug("not sent: %s", exc)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Called by asyncio."""
        log.debug("from %s: %s", addr[0], wire.masked(data))
        reply = wire.decode(data)
        if reply is not None and reply.mac is not None:
            self._find(reply.mac, addr)
        line = self._line_of(addr, reply)
        if line is not None:
            line.receive(reply)
        elif reply is not None:
            self.overheard(reply, addr)

    def _find(self, mac: str, source: Address) -> None:
        """A battery that is sought answers from elsewhere: that is where it lives now."""
        for line in self._lines:
            if line.is_sought and line.mac == mac and (line.address is None or line.address[0] != source[0]):
                line.address = source
                line.found.set()

    def _line_of(self, source: Address, reply: Reply | None) -> Line | None:
        """Whose address this is. Replies may come from another port than the one that was asked."""
        exact = [line for line in self._lines if line.address == source]
        lines = exact or [line for line in self._lines if line.address and line.address[0] == source[0]]
        own = [line for line in lines if reply is not None and reply.mac is not None and line.mac == reply.mac]
        candidates = own or lines
        return candidates[0] if len(candidates) == 1 else None


@asynccontextmanager
async def open_port(host: str, number: int, clock: Clock) -> AsyncIterator[Port]:
    """Bind a local port for the block, for ourselves alone. Raises PortTaken."""
    loop = asyncio.get_running_loop()
    try:
        transport, port = await loop.create_datagram_endpoint(
            lambda: Port(clock), local_addr=(host, number), allow_broadcast=True
        )
    except OSError as error:
        raise PortTaken(
            f"UDP port {number} of this machine cannot be used ({error.strerror or error}): does another program, "
            "such as a Marstek integration of Home Assistant, hold it?"
        ) from error
    port.plug(transport)
    try:
        yield port
    finally:
        transport.close()
        await port.closed


async def resolve(host: str, number: int, clock: Clock) -> Address:
    """The address behind a name. Raises DeviceUnreachable if nobody knows it."""
    try:
        return str(ipaddress.IPv4Address(host)), number
    except ValueError:
        pass
    try:
        with clock.busy():
            found = await asyncio.get_running_loop().getaddrinfo(
                host, number, family=socket.AF_INET, type=socket.SOCK_DGRAM
            )
    except OSError as error:
        raise DeviceUnreachable(f"nobody knows the address of {host}") from error
    return str(found[0][4][0]), number

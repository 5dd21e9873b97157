"""A battery on a real UDP socket, with the losses, the quiet time and the moods of the real ones.

It lives on a `Clock`, never on real time, and everything random comes from its seed.
"""

import asyncio
import math
import random
import socket
from collections.abc import Callable
from typing import Final, Self

import orjson

from common.clock import Clock
from services.simulator.clocked import lone
from services.simulator.marstek.faults import Faults
from services.simulator.marstek.journal import Asked, Fate, Journal
from services.simulator.marstek.models import VENUS_E3_150, Model
from services.simulator.marstek.program import Json, Program, Rejected
from services.simulator.physics import Battery

Address = tuple[str, int]

PARSE_ERROR: Final = {"code": -32700, "message": "Parse error"}
BUSY: Final = {**PARSE_ERROR, "data": 403}
SECOND_COPY_S: Final = 0.04


class MarstekFake:
    """One battery. `async with MarstekFake(battery, clock) as fake`, then talk to `fake.address`.

    `catch_up` is the house's; without it the battery has a house of its own, without load or sun.
    `ear` is a further address on which it hears broadcasts, `broadcast_to` where its own broadcasts go.
    """

    def __init__(
        self,
        battery: Battery,
        clock: Clock,
        model: Model = VENUS_E3_150,
        faults: Faults | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        mac: str = "02005e10c0de",
        seed: int = 0,
        catch_up: Callable[[], float] | None = None,
        ear: str | None = None,
        broadcast_to: str = "255.255.255.255",
    ) -> None:
        self.battery = battery
        self.model = model
        self.faults = faults if faults is not None else Faults()
        self.journal = Journal()
        self.mac = mac
        """Who it says it is; a test may exchange it."""
        self._chance = random.Random(seed)
        self._look = catch_up if catch_up is not None else lone(battery, clock).catch_up
        self.program = Program(
            battery,
            clock,
            model=model,
            faults=self.faults,
            journal=self.journal,
            catch_up=self._look,
            chance=self._chance,
        )
        self._clock = clock
        self._bind: Address = (host, port)
        self._ear = ear
        self._broadcast_to = broadcast_to
        self._deaf_until_s = self._dark_until_s = -math.inf
        self._sockets: list[asyncio.DatagramTransport] = []

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.program.stop()
        await self._close()

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._bind

    @property
    def power_w(self) -> float:
        """What its cells really do now: + charge."""
        self._look()
        return self.battery.power_w

    @property
    def soc_pct(self) -> float:
        """Its true state of charge."""
        self._look()
        return self.battery.soc_pct

    async def move(self, host: str) -> None:
        """Get another address from the router."""
        await self._close()
        self._bind = (host, self._bind[1])
        await self._open()

    def restart(self, dark_s: float = 20.0, mode: str = "Auto") -> None:
        """Start anew: silent for a while, the order forgotten."""
        self.program.restart(mode)
        self._dark_until_s = self._clock.monotonic() + dark_s

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        for host in filter(None, (self._bind[0], self._ear)):
            bound = _socket(host, self._bind[1], is_shared=host == self._ear)
            self._bind = (self._bind[0], bound.getsockname()[1])
            transport, _ = await loop.create_datagram_endpoint(lambda: _Hearing(self._hear), sock=bound)
            self._sockets.append(transport)

    async def _close(self) -> None:
        for transport in self._sockets:
            transport.close()
        self._sockets.clear()
        await self._clock.sleep(0)  # asyncio closes the sockets when the loop comes round

    def _hear(self, datagram: bytes, source: Address) -> None:
        request = _parsed(datagram)
        number, method, params = request.get("id"), request.get("method"), request.get("params")
        if request and not isinstance(method, str):
            return  # somebody's answer
        fate = self._deal(request, source)
        known = params if isinstance(params, dict) else {}
        at_s = self._clock.monotonic()
        self.journal.note(Asked(at_s=at_s, source=source, number=number, method=str(method), params=known, fate=fate))

    def _deal(self, request: Json, source: Address) -> Fate:
        """Lose it, refuse it or carry it out. Returns what became of it."""
        deaf = self._deafness(source)
        if deaf is not None:
            return deaf
        if not request:
            self._reply(source, {"id": 0, "error": PARSE_ERROR})
            return "noise"
        if self._chance.random() < self.faults.busy:
            self._reply(source, {"id": 0, "error": BUSY})
            return "busy"
        if not isinstance(request.get("id"), int):
            return "unknown"
        return self._carry_out(request, source)

    def _deafness(self, source: Address) -> Fate | None:
        """Why a datagram is not even looked at, or None."""
        now_s = self._clock.monotonic()
        if self.faults.is_silent or now_s < self._dark_until_s:
            return "silent"
        if self.model.wants_own_port and source[1] != self._bind[1]:
            return "wrong_port"
        if self._chance.random() < self.faults.loss_in:
            return "lost_in"
        return "too_soon" if now_s < self._deaf_until_s else None

    def _carry_out(self, request: Json, source: Address) -> Fate:
        params = request.get("params")
        self.program.mac, self.program.ip = self.mac, self._bind[0]
        fate: Fate = "answered"
        try:
            result = self.program.answer(str(request["method"]), params if isinstance(params, dict) else {})
            answer = {"id": request["id"], "result": result}
            if result is None:
                return "unknown"
        except Rejected as rejected:
            answer, fate = {"id": request["id"], "error": rejected.error}, "refused"
        return fate if self._reply(source, answer) else "lost_out"

    def _reply(self, source: Address, body: Json) -> bool:
        """Send an answer after a while, perhaps twice, perhaps into the void; then be deaf for a time."""
        late_s = self._chance.uniform(*self.model.answer_s)
        quiet_s = self._chance.uniform(*self.model.quiet_s)
        self._deaf_until_s = self._clock.monotonic() + late_s + quiet_s
        if self._chance.random() < self.faults.loss_out:
            return False
        datagram = orjson.dumps({"id": body["id"], "src": f"{self.model.device}-{self.mac}", **body})
        twice = self.model.answers_twice or self._chance.random() < self.faults.doubles
        for delay_s in (late_s, late_s + SECOND_COPY_S)[: 1 + twice]:
            self._clock.call_later(delay_s, lambda: self._send(datagram, source))
        return True

    def _send(self, datagram: bytes, source: Address) -> None:
        target = (self._broadcast_to, self._bind[1]) if self.model.answers_by_broadcast else source
        if self._sockets:
            self._sockets[0].sendto(datagram, target)


class _Hearing(asyncio.DatagramProtocol):
    def __init__(self, hear: Callable[[bytes, Address], None]) -> None:
        self._hear = hear

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._hear(data, addr)


def _socket(host: str, port: int, *, is_shared: bool) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if is_shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def _parsed(datagram: bytes) -> Json:
    """The object in a datagram; empty if there is none."""
    try:
        value = orjson.loads(datagram)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}

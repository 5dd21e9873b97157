"""Somebody who talks to a fake Marstek battery with nothing of ours between."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import orjson

from common.clock import Clock
from services.simulator.marstek import VENUS_E3_150, Faults, MarstekFake, Model
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel

Json = dict[str, object]


class Client:
    """Talks to the fake with nothing of ours between: a plain socket."""

    def __init__(self, fake: MarstekFake, clock: Clock, host: str = "127.0.0.1", port: int = 0) -> None:
        self._fake = fake
        self._clock = clock
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((host, port))
        self._numbers = iter(range(1, 10_000))

    def close(self) -> None:
        self._socket.close()

    async def say(self, datagram: bytes, wait_s: float = 3.0) -> list[Json]:
        """Send it, and return every answer that comes within `wait_s`."""
        self._socket.sendto(datagram, self._fake.address)
        await self._clock.sleep(wait_s)
        answers = []
        while True:
            try:
                answers.append(orjson.loads(self._socket.recv(2000)))
            except BlockingIOError:
                return answers

    async def ask(self, method: str, params: Mapping[str, object] | None = None, wait_s: float = 3.0) -> list[Json]:
        """One request, compact."""
        number = next(self._numbers)
        return await self.say(orjson.dumps({"id": number, "method": method, "params": params or {"id": 0}}), wait_s)

    async def result(self, method: str, params: Mapping[str, object] | None = None) -> Json:
        """The result of one request that is answered."""
        result = (await self.ask(method, params))[0]["result"]
        assert isinstance(result, dict)
        return result

    async def passive(self, power: int, cd_time: int) -> Json:
        """In the vendor's signs."""
        config = {"mode": "Passive", "passive_cfg": {"power": power, "cd_time": cd_time}}
        return await self.result("ES.SetMode", {"id": 0, "config": config})


@asynccontextmanager
async def talking(
    clock: Clock,
    model: Model = VENUS_E3_150,
    faults: Faults | None = None,
    *,
    battery: Battery | None = None,
    seed: int = 0,
) -> AsyncIterator[tuple[MarstekFake, Client]]:
    cells = battery or Battery(BatteryModel(), soc_pct=50)
    async with MarstekFake(cells, clock, model, faults or perfect(), host="127.0.1.11", seed=seed) as fake:
        client = Client(fake, clock)
        try:
            yield fake, client
        finally:
            client.close()

"""The whole bridge against the fake dongle: real sockets, virtual time, a bus inside the process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from common.clock import Clock
from common.config import SiteSettings
from common.contract import ALERT, INFO, METER_STATE, Alert, DeviceInfo, MeterState, decode
from common.homewizard import Pairing, pair
from common.homewizard.located import Locate
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from services.p1.bridge import session
from services.p1.config import Config
from services.simulator.p1_meter import P1Fake
from tests.household import nowhere, running

SITE = SiteSettings(timezone="Europe/Amsterdam", phases=3)


@dataclass(frozen=True)
class Said:
    """One state the bridge published."""

    at_s: float
    ts_ms: int
    state: MeterState


@dataclass
class Rig:
    """What the bridge said so far, and how to wait for more."""

    fake: P1Fake
    clock: Clock
    broker: MemoryBroker
    data_dir: Path
    states: list[Said] = field(default_factory=list)
    availability: list[tuple[float, str]] = field(default_factory=list)
    infos: list[DeviceInfo] = field(default_factory=list)
    alerts: dict[str, Alert] = field(default_factory=dict)
    raised: list[tuple[float, str]] = field(default_factory=list)
    """Every alert with the time it was raised."""
    payloads: list[bytes] = field(default_factory=list)
    """Everything that went over the bus."""
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, name: str, payload: bytes, retain: bool) -> None:
        """Note a message."""
        now_s = self.clock.monotonic()
        self._stirred.set()
        self.payloads.append(name.encode() + payload)
        if METER_STATE.matches(name):
            envelope, state = decode(METER_STATE, payload)
            assert envelope is not None
            self.states.append(Said(now_s, envelope.ts_ms, state))
        elif name.endswith("/availability"):
            self.availability.append((now_s, payload.decode()))
        elif INFO.matches(name):
            self.infos.append(decode(INFO, payload)[1])
        elif ALERT.matches(name):
            self._alert(name.rsplit("/", 1)[-1], payload)

    def _alert(self, name: str, payload: bytes) -> None:
        if not payload:
            self.alerts.pop(name, None)
            return
        if name not in self.alerts:
            self.raised.append((self.clock.monotonic(), name))
        self.alerts[name] = decode(ALERT, payload)[1]

    @property
    def is_online(self) -> bool:
        """What was last said about availability."""
        return bool(self.availability) and self.availability[-1][1] == "online"

    def since(self, at_s: float) -> list[Said]:
        """States published after an instant."""
        return [said for said in self.states if said.at_s > at_s]

    async def until(self, holds: Callable[[], bool], what: str, limit_s: float = 60.0, tick_s: float = 1.0) -> float:
        """Let time pass until something holds; look at each message and each `tick_s`. Returns how long it took."""
        began_s = self.clock.monotonic()
        while not holds():
            waited_s = self.clock.monotonic() - began_s
            assert waited_s < limit_s, f"waited {limit_s:g} s in vain until {what}"
            self._stirred.clear()
            with suppress(TimeoutError):
                async with self.clock.timeout(tick_s):
                    await self._stirred.wait()
        return self.clock.monotonic() - began_s

    async def until_states(self, number: int, limit_s: float = 60.0) -> float:
        """Let time pass until so many more states have been published."""
        wanted = len(self.states) + number
        return await self.until(lambda: len(self.states) >= wanted, f"{number} more states", limit_s)

    async def pair(self) -> Pairing:
        """Pair with the fake while its owner leans on the button."""
        return await pair(
            self.fake.host,
            "p1",
            self.data_dir,
            self.clock,
            lambda _: self.fake.press_button(),
            port=self.fake.https_port,
        )

    def config(self, **settings: object) -> Config:
        """Settings that lead to the fake."""
        ports = {"http_port": self.fake.http_port, "https_port": self.fake.https_port}
        return Config.model_validate({"host": self.fake.host, **ports, **settings})

    @asynccontextmanager
    async def bridge(
        self, locate: Locate | None = None, bus: Bus | None = None, **settings: object
    ) -> AsyncIterator[None]:
        """The bridge at work for the block; what it raises ends the test."""
        on = bus or self.broker.plug("ems-p1", "cafe01", self.clock)
        with running("p1", self.config(**settings), on, self.data_dir, site=SITE) as runtime:
            task = asyncio.create_task(session(runtime, locate or nowhere))
            try:
                yield
            finally:
                assert not task.done() or task.cancelled(), task.exception()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

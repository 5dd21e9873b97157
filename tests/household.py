"""A house around one bridge: a broker inside the process, somebody who gives orders, and everything that was said."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from common.alerts import Alerts
from common.bus import MqttBus
from common.clock import Clock
from common.config import MqttSettings, ServiceSettings, SiteSettings
from common.contract import (
    ACK,
    ALERT,
    AVAILABILITY,
    COMMAND,
    CONTROL,
    INFO,
    Ack,
    Alert,
    Command,
    Control,
    DeviceInfo,
    Leaf,
    Payload,
    decode,
)
from common.contract.devices import Action, Mode
from common.health import Health
from common.homewizard import Found
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from common.service import Runtime
from common.store import Store
from tests.brokers import Broker

C = TypeVar("C", bound=ServiceSettings)
M = TypeVar("M", bound=Payload | str)
SITE = SiteSettings()


@dataclass(frozen=True)
class Said:
    """One message on the bus."""

    at_s: float
    topic: str
    payload: bytes
    retained: bool


@contextmanager
def running(
    name: str,
    config: C,
    bus: Bus,
    folder: Path,
    *,
    mqtt: MqttSettings | None = None,
    site: SiteSettings = SITE,
    health: Health | None = None,
) -> Iterator[Runtime[C]]:
    """All that a session gets, with a store of its own in `folder`."""
    with Store(folder / f"{name}.sqlite", bus.clock, f"ems-{name}") as store:
        yield Runtime(
            name=name,
            account=f"ems-{name}",
            config=config,
            site=site,
            mqtt=mqtt or MqttSettings(),
            data_dir=folder,
            clock=bus.clock,
            bus=bus,
            alerts=Alerts(bus),
            store=store,
            health=health or Health(name),
        )


@asynccontextmanager
async def serving(
    name: str,
    config: C,
    bus: Bus,
    folder: Path,
    session: Callable[[Runtime[C]], Coroutine[None, None, None]],
    *,
    site: SiteSettings = SITE,
) -> AsyncIterator[None]:
    """A service at work, until the block ends."""
    with running(name, config, bus, folder, site=site) as runtime:
        work = asyncio.create_task(session(runtime))
        yield
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def nowhere(serial: str, clock: Clock) -> Found | None:
    """A network without mDNS."""
    return None


class Household(ABC, Generic[C]):
    """`async with Home(clock, folder) as home`; then add devices, `ready` the bridge, give orders, look."""

    NAME: ClassVar[str]
    """Of the service."""
    DEVICE: ClassVar[str]
    """What orders are for, unless it is said."""
    TTL_S: ClassVar[float] = 30.0
    SETTLE_S: ClassVar[float] = 8.0
    """In which the bridge gets to know its devices."""
    CARRY_OUT_S: ClassVar[float] = 0.0
    """Wait after each order."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.folder = clock, folder
        self.account = f"ems-{self.NAME}"
        self.bus = MemoryBroker()
        self.said: list[Said] = []
        self.bus.watch(lambda *message: self.said.append(Said(clock.monotonic(), *message)))
        self.balancer = self.bus.plug("ems-balancer", "b0", clock)
        self.plug: Callable[[str], Bus] = lambda boot: self.bus.plug(self.account, boot, clock)
        self.mqtt: MqttSettings | None = None
        self.health = Health(self.NAME)
        self.settings: dict[str, dict[str, Any]] = {}  # sections of the file, as an owner writes them
        self.epoch = clock.wall_ms()
        self._numbers = iter(range(100_000))
        self._stack = AsyncExitStack()
        self._service: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None

    @abstractmethod
    def config(self) -> C:
        """The service's section."""

    @abstractmethod
    async def session(self, runtime: Runtime[C]) -> None:
        """The service."""

    @abstractmethod
    def kind(self, device: str) -> str:
        """The class of a device."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.let_go()
        await self.stop()
        await self._stack.aclose()

    def start(self, bus: Bus | None = None) -> None:
        """Start the service."""
        self._service = asyncio.create_task(self._live(self.config(), bus or self.plug(f"boot{len(self.said)}")))

    async def _live(self, config: C, bus: Bus) -> None:
        with running(self.NAME, config, bus, self.folder, mqtt=self.mqtt, health=self.health) as runtime:
            await self.session(runtime)

    async def ready(self, *, settle_s: float | None = None) -> None:
        """Start, and let it get to know its devices."""
        self.start()
        assert self._service is not None
        await self.clock.sleep(self.SETTLE_S if settle_s is None else settle_s)
        assert not self._service.done(), self._service.result()

    @asynccontextmanager
    async def at(self, broker: Broker) -> AsyncIterator[None]:
        """The service in this process, at a real broker, for the block."""
        async with MqttBus(broker.settings, self.account, "cafe01", self.clock) as bus:
            self.start(bus)
            yield
            await self.stop()

    async def stop(self) -> None:
        """Stop it as SIGTERM does."""
        if self._service is not None:
            service, self._service = self._service, None
            service.cancel()
            with suppress(asyncio.CancelledError):
                await service

    async def order(
        self,
        power_w: float | None = None,
        *,
        on: bool | None = None,
        mode: Mode | None = None,
        to: str | None = None,
        ttl_s: float | None = None,
        action: Action | None = None,
        age_s: float = 0.0,
    ) -> str:
        """Give one order. Returns its id."""
        to, cmd_id = to or self.DEVICE, f"{self.epoch}-{next(self._numbers)}"
        command = Command(
            cmd_id=cmd_id,
            epoch=self.epoch,
            issued_at_ms=self.clock.wall_ms() - round(age_s * 1000),
            ttl_s=self.TTL_S if ttl_s is None else ttl_s,
            action=action or ("switch" if on is not None else "set_power" if mode is None else "set_mode"),
            on=on,
            mode=mode,
            power_w=power_w,
        )
        await self.balancer.publish(COMMAND.at(self.kind(to), to), command)
        if self.CARRY_OUT_S:
            await self.clock.sleep(self.CARRY_OUT_S)
        return cmd_id

    def renew(
        self,
        power_w: float | None = None,
        *,
        on: bool | None = None,
        mode: Mode | None = None,
        to: str | None = None,
        ttl_s: float | None = None,
    ) -> None:
        """Give an order and renew it each third of its life until `let_go`."""

        async def for_ever() -> None:
            async for _ in self.clock.every((self.TTL_S if ttl_s is None else ttl_s) / 3):
                await self.order(power_w, on=on, mode=mode, to=to, ttl_s=ttl_s)

        self.let_go()
        self._renewing = asyncio.create_task(for_ever())

    def let_go(self) -> None:
        """Renew no longer."""
        if self._renewing is not None:
            self._renewing.cancel()
            self._renewing = None

    def heard(self, leaf: Leaf[M], *ids: str) -> list[M]:
        """Everything said on one topic, oldest first."""
        name = leaf.at(*ids).name
        return [decode(leaf, said.payload)[1] for said in self.said if said.topic == name and said.payload]

    def last(self, leaf: Leaf[M], *ids: str) -> M:
        """The newest of it."""
        return self.heard(leaf, *ids)[-1]

    def infos(self, device: str | None = None, kind: str | None = None) -> list[DeviceInfo]:
        """What it is and can."""
        return self._heard_of(INFO, device, kind)

    def controls(self, device: str | None = None) -> list[Control]:
        """Who controlled it."""
        return self._heard_of(CONTROL, device)

    def availability(self, device: str | None = None, kind: str | None = None) -> list[str]:
        """Whether it could be reached."""
        return self._heard_of(AVAILABILITY, device, kind)

    def acks(self, cmd_id: str | None = None, device: str | None = None) -> list[Ack]:
        """What became of orders, or of one."""
        return [ack for ack in self._heard_of(ACK, device) if cmd_id in (None, ack.cmd_id)]

    def outcomes(self, cmd_id: str, device: str | None = None) -> list[str]:
        """What became of one order, in words."""
        return [ack.outcome for ack in self.acks(cmd_id, device)]

    def alerts(self) -> dict[str, Alert]:
        """The alerts that stand."""
        prefix = f"alert/{self.account}/"
        kept = {topic: payload for topic, payload in self.bus.retained.items() if topic.startswith(prefix)}
        return {topic.removeprefix(prefix): decode(ALERT, payload)[1] for topic, payload in kept.items()}

    def _heard_of(self, leaf: Leaf[M], device: str | None, kind: str | None = None) -> list[M]:
        device = device or self.DEVICE
        return self.heard(leaf, kind or self.kind(device), device)

"""A house for the bridge: batteries on real UDP, a broker inside the process, somebody who gives orders."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from common.alerts import Alerts
from common.clock import Clock
from common.config import MqttSettings, SiteSettings
from common.contract import (
    ACK,
    ALERT,
    AVAILABILITY,
    BATTERY_STATE,
    COMMAND,
    CONTROL,
    INFO,
    Ack,
    Alert,
    BatteryState,
    Command,
    Control,
    DeviceInfo,
    Leaf,
    Payload,
    decode,
)
from common.contract.devices import Action, Mode
from common.health import Health
from common.memory_bus import MemoryBroker
from common.service import Runtime
from common.store import Store
from services.simulator.marstek import VENUS_E3_150, Faults, MarstekFake, Model
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel
from services.udp_battery.config import BatterySettings, Config
from services.udp_battery.session import session

M = TypeVar("M", bound=Payload | str)
TTL_S = 90.0
FIRST_HOST = 11


@dataclass(frozen=True)
class Said:
    """One message on the bus."""

    at_s: float
    topic: str
    payload: bytes


class Home:
    """`async with Home(clock, folder) as home`; then `add` batteries, `start` the bridge, give orders, look."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock = clock
        self.broker = MemoryBroker()
        self.said: list[Said] = []
        self.broker.watch(lambda topic, payload, _: self.said.append(Said(clock.monotonic(), topic, payload)))
        self.balancer = self.broker.plug("ems-balancer", "b0", clock)
        self.fakes: dict[str, MarstekFake] = {}
        self.health = Health("udp_battery")
        self.epoch = clock.wall_ms()
        self._folder = folder
        self._settings: dict[str, BatterySettings] = {}
        self._numbers = iter(range(100_000))
        self._stack = AsyncExitStack()
        self._service: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.let_go()
        await self.stop()
        await self._stack.aclose()

    async def add(
        self,
        name: str = "garage",
        *,
        model: Model = VENUS_E3_150,
        faults: Faults | None = None,
        cells: BatteryModel | None = None,
        soc_pct: float = 50,
        seed: int = 0,
        catch_up: Callable[[], float] | None = None,
        battery: Battery | None = None,
        **settings: object,
    ) -> MarstekFake:
        """One more battery, on an address of its own, on the same port as the others."""
        number = len(self.fakes)
        port = next(iter(self.fakes.values())).address[1] if self.fakes else 0
        fake = MarstekFake(
            battery or Battery(cells or BatteryModel(), soc_pct, seed),
            self.clock,
            model,
            faults if faults is not None else perfect(),
            host=f"127.0.1.{FIRST_HOST + number}",
            port=port,
            mac=f"02005e10c0d{number}",
            seed=seed,
            catch_up=catch_up,
        )
        await self._stack.enter_async_context(fake)
        place = {"host": fake.address[0], "port": fake.address[1]}
        self._settings[name] = BatterySettings.model_validate({**place, **settings})
        self.fakes[name] = fake
        return fake

    def start(self) -> None:
        """Start the service."""
        everywhere = tuple(f"127.0.1.{FIRST_HOST + number}" for number in range(8))
        config = Config(batteries=self._settings, bind_host="127.0.0.1", broadcast=everywhere)
        self._service = asyncio.create_task(self._live(config))

    async def _live(self, config: Config) -> None:
        bus = self.broker.plug("ems-udp_battery", f"boot{len(self.said)}", self.clock)
        with Store(self._folder / "udp_battery.sqlite", self.clock, "ems-udp_battery") as store:
            runtime = Runtime(
                name="udp_battery",
                account="ems-udp_battery",
                config=config,
                site=SiteSettings(),
                mqtt=MqttSettings(),
                data_dir=self._folder,
                clock=self.clock,
                bus=bus,
                alerts=Alerts(bus),
                store=store,
                health=self.health,
            )
            await session(runtime)

    async def stop(self) -> None:
        """Stop it as SIGTERM does."""
        if self._service is not None:
            self._service.cancel()
            await asyncio.gather(self._service, return_exceptions=True)
            self._service = None

    async def ready(self, *, settle_s: float = 8.0) -> None:
        """Start, and let it get to know its batteries."""
        self.start()
        await self.clock.sleep(settle_s)

    async def order(
        self,
        power_w: float | None = None,
        *,
        to: str = "garage",
        ttl_s: float = TTL_S,
        action: Action = "set_power",
        mode: Mode | None = None,
        age_s: float = 0.0,
    ) -> str:
        """Give one order. Returns its id."""
        cmd_id = f"{self.epoch}-{next(self._numbers)}"
        command = Command(
            cmd_id=cmd_id,
            epoch=self.epoch,
            issued_at_ms=self.clock.wall_ms() - round(age_s * 1000),
            ttl_s=ttl_s,
            action=action,
            power_w=power_w,
            mode=mode,
        )
        await self.balancer.publish(COMMAND.at("battery", to), command)
        return cmd_id

    def renew(self, power_w: float, *, to: str = "garage", ttl_s: float = TTL_S) -> None:
        """Give an order and renew it each third of its life until `let_go`."""

        async def for_ever() -> None:
            async for _ in self.clock.every(ttl_s / 3):
                await self.order(power_w, to=to, ttl_s=ttl_s)

        self.let_go()
        self._renewing = asyncio.create_task(for_ever())

    def let_go(self) -> None:
        """Renew no longer."""
        if self._renewing is not None:
            self._renewing.cancel()
            self._renewing = None

    def heard(self, leaf: Leaf[M], device: str = "garage", kind: str = "battery") -> list[M]:
        """Everything said on one topic, oldest first."""
        name = leaf.at(kind, device).name if leaf.pattern.startswith("+/+") else leaf.at(device).name
        return [decode(leaf, said.payload)[1] for said in self.said if said.topic == name and said.payload]

    def states(self, device: str = "garage") -> list[BatteryState]:
        """What it measured."""
        return self.heard(BATTERY_STATE, device)

    def infos(self, device: str = "garage") -> list[DeviceInfo]:
        """What it is and can."""
        return self.heard(INFO, device)

    def controls(self, device: str = "garage") -> list[Control]:
        """Who controlled it."""
        return self.heard(CONTROL, device)

    def availability(self, device: str = "garage") -> list[str]:
        """Whether it could be reached."""
        return self.heard(AVAILABILITY, device)

    def acks(self, cmd_id: str | None = None, device: str = "garage") -> list[Ack]:
        """What became of orders."""
        return [ack for ack in self.heard(ACK, device) if cmd_id in (None, ack.cmd_id)]

    def outcomes(self, cmd_id: str, device: str = "garage") -> list[str]:
        """What became of one order, in words."""
        return [ack.outcome for ack in self.acks(cmd_id, device)]

    def alerts(self) -> dict[str, Alert]:
        """The alerts that stand."""
        prefix = "alert/ems-udp_battery/"
        kept = {topic.removeprefix(prefix): payload for topic, payload in self.broker.retained.items()}
        return {name: decode(ALERT, kept[name])[1] for name in kept if f"{prefix}{name}" in self.broker.retained}

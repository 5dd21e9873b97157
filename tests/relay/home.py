"""A house for the bridge: relays that speak their own topics, a broker inside the process, somebody who orders."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from common.alerts import Alerts
from common.clock import Clock
from common.config import MqttSettings, SiteSettings
from common.contract import (
    ACK,
    ALERT,
    AVAILABILITY,
    COMMAND,
    CONTROL,
    SWITCH_STATE,
    Ack,
    Alert,
    Command,
    Control,
    Leaf,
    Payload,
    SwitchState,
    decode,
)
from common.contract.devices import Action, Mode
from common.health import Health
from common.memory_bus import MemoryBroker
from common.service import Runtime
from common.store import Store
from services.relay.bridge import care
from services.relay.config import Config
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import House, Noise, PlainAppliance, Steps, SwitchedLoad
from services.simulator.relay import RelayFake, ShellyFake, TasmotaFake, ZigbeeFake
from tests.air import MemoryAir

M = TypeVar("M", bound=Payload | str)
TTL_S = 30.0
ACCOUNT = "ems-relay"


class Home:
    """`async with Home(clock, folder) as home`; then add devices, `ready` the bridge, give orders, look."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.folder = clock, folder
        self.broker = MemoryBroker()
        self.said: list[tuple[float, str, bytes, bool]] = []
        self.broker.watch(lambda *message: self.said.append((clock.monotonic(), *message)))
        self.balancer = self.broker.plug("ems-balancer", "b0", clock)
        self.air = MemoryAir(self.broker, clock)
        self.devices = MemoryAir(self.broker, clock)
        self.house = ClockedHouse(House(Noise(Steps(300), 10), Steps(1500), {}), clock)
        self.settings: dict[str, dict[str, Any]] = {}  # sections of the file, as an owner writes them
        self.epoch = clock.wall_ms()
        self._numbers = iter(range(100_000))
        self._service: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.let_go()
        await self.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tasmota(self, name: str = "boiler", **settings: object) -> TasmotaFake:
        """A Tasmota with 2 kW behind it."""
        fake = TasmotaFake(self._load(name), self.house, self.devices, self.clock)
        self.set("tasmota", name, topic=fake.topic, **settings)
        self._run(fake)
        return fake

    def shelly(self, name: str = "boiler", **settings: object) -> ShellyFake:
        """A Shelly with 2 kW behind it."""
        fake = ShellyFake(self._load(name), self.house, self.devices, self.clock)
        self.set("shelly_gen2", name, prefix=fake.prefix, **settings)
        self._run(fake)
        return fake

    def zigbee(self, name: str = "boiler", **settings: object) -> ZigbeeFake:
        """A plug with 2 kW behind it."""
        fake = ZigbeeFake(self._load(name), self.house, self.devices, self.clock)
        self.set("zigbee2mqtt", name, name=fake.topic.removeprefix("zigbee2mqtt/"), **settings)
        self._run(fake)
        return fake

    def set(self, part: str, name: str, /, **settings: Any) -> None:  # as above
        """Write a device into the file."""
        self.settings.setdefault(part, {})[name] = settings

    def _load(self, name: str) -> SwitchedLoad:
        self.house.house.switched[name] = switched = SwitchedLoad(PlainAppliance(2000))
        return switched

    def _run(self, fake: RelayFake) -> None:
        self._tasks.append(asyncio.create_task(fake.run()))

    async def ready(self, *, settle_s: float = 8.0) -> None:
        """Start, and let it get to know its devices."""
        self._service = asyncio.create_task(self._live(Config.model_validate_json(json.dumps(self.settings))))
        await self.clock.sleep(settle_s)

    async def _live(self, config: Config) -> None:
        bus = self.broker.plug(ACCOUNT, f"boot{len(self.said)}", self.clock)
        with Store(self.folder / "relay.sqlite", self.clock, ACCOUNT) as store:
            runtime = Runtime(
                name="relay",
                account=ACCOUNT,
                config=config,
                site=SiteSettings(),
                mqtt=MqttSettings(),
                data_dir=self.folder,
                clock=self.clock,
                bus=bus,
                alerts=Alerts(bus),
                store=store,
                health=Health("relay"),
            )
            await care(runtime, self.air)

    async def stop(self) -> None:
        """Stop it as SIGTERM does."""
        if self._service is not None:
            service, self._service = self._service, None
            service.cancel()
            with suppress(asyncio.CancelledError):
                await service

    async def kill(self) -> None:
        """Stop it as SIGKILL does, as far as the devices can tell: not a word after this."""
        self.air.ready.clear()
        await self.stop()
        self.air.ready.set()

    async def order(
        self,
        *,
        on: bool | None = None,
        to: str = "boiler",
        ttl_s: float = TTL_S,
        action: Action = "switch",
        mode: Mode | None = None,
    ) -> str:
        """Give one order. Returns its id."""
        cmd_id = f"{self.epoch}-{next(self._numbers)}"
        command = Command(
            cmd_id=cmd_id, epoch=self.epoch, issued_at_ms=self.clock.wall_ms(), ttl_s=ttl_s, action=action, on=on,
            power_w=500.0, mode=mode,
        )  # fmt: skip
        await self.balancer.publish(COMMAND.at("switch", to), command)
        return cmd_id

    def renew(self, *, on: bool, to: str = "boiler") -> None:
        """Give an order and renew it each third of its life until `let_go`."""

        async def for_ever() -> None:
            async for _ in self.clock.every(TTL_S / 3):
                await self.order(on=on, to=to)

        self.let_go()
        self._renewing = asyncio.create_task(for_ever())

    def let_go(self) -> None:
        """Renew no longer."""
        if self._renewing is not None:
            self._renewing.cancel()
            self._renewing = None

    def says(self, topic: str, payload: str, *, retain: bool = False, kept: bool = False) -> None:
        """Another program says something; `kept`: it said so long ago, with the retain flag."""
        self.broker.publish(topic, payload.encode(), retain, kept=kept)

    def heard(self, leaf: Leaf[M], *ids: str) -> list[M]:
        """Everything said on one topic, oldest first."""
        name = leaf.at(*ids).name
        return [decode(leaf, payload)[1] for _, topic, payload, _ in self.said if topic == name and payload]

    def states(self, device: str = "boiler") -> list[SwitchState]:
        """How it stood."""
        return self.heard(SWITCH_STATE, device)

    def controls(self, device: str = "boiler") -> list[Control]:
        """Who controlled it."""
        return self.heard(CONTROL, "switch", device)

    def availability(self, device: str = "boiler", kind: str = "switch") -> list[str]:
        """Whether it could be reached."""
        return self.heard(AVAILABILITY, kind, device)

    def acks(self, cmd_id: str, device: str = "boiler") -> list[Ack]:
        """What became of an order."""
        return [ack for ack in self.heard(ACK, "switch", device) if ack.cmd_id == cmd_id]

    def outcomes(self, cmd_id: str, device: str = "boiler") -> list[str]:
        """What became of one order, in words."""
        return [ack.outcome for ack in self.acks(cmd_id, device)]

    def alerts(self) -> dict[str, Alert]:
        """The alerts that stand."""
        prefix = f"alert/{ACCOUNT}/"
        kept = {topic.removeprefix(prefix): each for topic, each in self.broker.retained.items()}
        return {name: decode(ALERT, kept[name])[1] for name in kept if f"{prefix}{name}" in self.broker.retained}

    def told(self, topic: str) -> list[str]:
        """What the bridge said on a device's topic."""
        return [payload for _, said, payload in self.air.said if said == topic]

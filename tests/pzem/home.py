"""A house for the bridge: devices at a real broker, our own bus in the process, and somebody who orders."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from common.alerts import Alerts
from common.clock import Clock
from common.config import SiteSettings
from common.contract import ACK, ALERT, AVAILABILITY, COMMAND, CONTROL, INFO, Ack, Command, Leaf, Payload, decode
from common.contract.devices import Action
from common.health import Health
from common.memory_bus import MemoryBroker
from common.service import Runtime
from common.store import Store
from services.pzem.bridge import session
from services.pzem.config import Config
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import House, PlainAppliance, Steps, SwitchedLoad
from services.simulator.physics.dimmed import DimmedLoad
from services.simulator.pzem import Appliance, DimmerFake, LoadFake, MeterFake
from services.simulator.pzem.meter import Module
from tests.brokers import Broker

M = TypeVar("M", bound=Payload | str)
A = TypeVar("A", bound=Appliance)
ACCOUNT = "ems-pzem"
TTL_S = 30.0


class Home:
    """`async with Home(broker, clock, folder) as home`; then add devices, `start` the bridge, give orders, look."""

    def __init__(self, broker: Broker, clock: Clock, folder: Path) -> None:
        self.broker = broker
        self.clock = clock
        self.folder = folder
        self.bus = MemoryBroker()
        self.said: list[tuple[str, bytes]] = []
        self.bus.watch(lambda topic, payload, _: self.said.append((topic, payload)))
        self.balancer = self.bus.plug("ems-balancer", "b0", clock)
        self.house = ClockedHouse(House(Steps(300), Steps(0), {}), clock)
        self.settings: dict[str, dict[str, Any]] = {}  # sections of the file, as an owner writes them
        self.health = Health("pzem")
        self.epoch = clock.wall_ms()
        self._numbers = iter(range(100_000))
        self._stack = AsyncExitStack()
        self._service: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self._stack.aclose()

    async def meter(self, topic: str, flow_w: float, module: Module = "v3") -> MeterFake:
        """A meter that measures the same for ever; set its `flow` to something else."""
        return await self._add(MeterFake(self.broker.settings, self.clock, lambda: flow_w, topic=topic, module=module))

    async def dimmer(self, name: str = "heater", **settings: object) -> DimmerFake:
        """A dimmer with 2.4 kW behind it, and a meter in front of that."""
        load = self.house.house.switched[name] = DimmedLoad(PlainAppliance(2400))
        fake = DimmerFake(load, self.house, self.broker.settings, self.clock, topic=f"regul/vload/{name}")
        self.settings.setdefault("dimmers", {})[name] = {"topic": fake.topic, **settings}
        if "meter" in settings:
            await self._metered(load, str(settings["meter"]))
        return await self._add(fake)

    async def load(self, name: str = "pump", kind: str = "cload", **settings: object) -> LoadFake:
        """A switched load of 600 W."""
        load = self.house.house.switched[name] = SwitchedLoad(PlainAppliance(600))
        fake = LoadFake(load, self.house, self.broker.settings, self.clock, topic=f"regul/{kind}/{name}")
        self.settings.setdefault("switches", {})[name] = {"topic": fake.topic, **settings}
        if "meter" in settings:
            await self._metered(load, str(settings["meter"]))
        return await self._add(fake)

    async def _metered(self, load: SwitchedLoad, topic: str) -> None:
        def flow() -> float:
            self.house.catch_up()
            return load.power_w

        await self._add(MeterFake(self.broker.settings, self.clock, flow, topic=topic))

    async def _add(self, fake: A) -> A:
        await self._stack.enter_async_context(fake)
        return fake

    async def start(self, settle_s: float = 5.0) -> None:
        """Start the service and let it get to know its devices."""
        self._service = asyncio.create_task(self._live(Config.model_validate_json(json.dumps(self.settings))))
        await self.clock.sleep(settle_s)
        assert not self._service.done(), self._service.result()

    async def _live(self, config: Config) -> None:
        bus = self.bus.plug(ACCOUNT, f"boot{len(self.said)}", self.clock)
        with Store(self.folder / "pzem.sqlite", self.clock, ACCOUNT) as store:
            runtime = Runtime(
                name="pzem",
                account=ACCOUNT,
                config=config,
                site=SiteSettings(),
                mqtt=self.broker.settings,
                data_dir=self.folder,
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
            service, self._service = self._service, None
            service.cancel()
            with suppress(asyncio.CancelledError):
                await service

    async def order(
        self, power_w: float | None = None, *, on: bool | None = None, to: str = "heater", ttl_s: float = TTL_S
    ) -> str:
        """Give one order and let it be carried out. Returns its id."""
        cmd_id = f"{self.epoch}-{next(self._numbers)}"
        action: Action = "set_power" if on is None else "switch"
        command = Command(
            cmd_id=cmd_id,
            epoch=self.epoch,
            issued_at_ms=self.clock.wall_ms(),
            ttl_s=ttl_s,
            action=action,
            on=on,
            power_w=power_w,
        )
        await self.balancer.publish(COMMAND.at(self.kind(to), to), command)
        await self.clock.sleep(2.5)
        return cmd_id

    def kind(self, device: str) -> str:
        """The class of a device."""
        return "load" if device in self.settings.get("dimmers", {}) else "switch"

    def heard(self, leaf: Leaf[M], *ids: str) -> list[M]:
        """Everything said on one topic, oldest first."""
        name = leaf.at(*ids).name
        return [decode(leaf, payload)[1] for topic, payload in self.said if topic == name and payload]

    def last(self, leaf: Leaf[M], *ids: str) -> M:
        """The newest of it."""
        return self.heard(leaf, *ids)[-1]

    def acks(self, cmd_id: str, device: str = "heater") -> list[Ack]:
        """What became of an order."""
        return [ack for ack in self.heard(ACK, self.kind(device), device) if ack.cmd_id == cmd_id]

    def outcomes(self, cmd_id: str, device: str = "heater") -> list[str]:
        """The same in words."""
        return [ack.outcome for ack in self.acks(cmd_id, device)]

    def authority(self, device: str = "heater") -> str:
        """Who controls it."""
        return self.last(CONTROL, self.kind(device), device).mode

    def availability(self, device: str = "heater", kind: str | None = None) -> list[str]:
        """Whether it could be reached."""
        return self.heard(AVAILABILITY, kind or self.kind(device), device)

    def info(self, device: str = "heater") -> dict[str, Any]:  # as JSON
        """What it is and can."""
        return self.last(INFO, self.kind(device), device).model_dump(exclude_none=True)

    def alerts(self) -> dict[str, str]:
        """The alerts that stand, by name, with their words."""
        prefix = f"alert/{ACCOUNT}/"
        kept = {topic.removeprefix(prefix): payload for topic, payload in self.bus.retained.items() if payload}
        return {name: decode(ALERT, kept[name])[1].text for name in kept if f"{prefix}{name}" in self.bus.retained}

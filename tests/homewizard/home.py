"""A house for the bridge: HomeWizard devices on real sockets, a broker inside the process, somebody who orders."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
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
from common.homewizard import Found, pair
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from common.service import Runtime
from common.store import Store
from services.homewizard.bridge import session
from services.homewizard.config import Config
from services.homewizard.device import Locate
from services.simulator.clocked import ClockedHouse
from services.simulator.homewizard import (
    PLUG_IN,
    BatteryFake,
    KwhFake,
    Pool,
    SocketFake,
    WaterFake,
    of_production,
)
from services.simulator.homewizard.appliance import ApplianceFake
from services.simulator.p1_meter import BatteryGroup, P1Fake
from services.simulator.physics import Battery, Consumer, House, Noise, PlainAppliance, Steps, SwitchedLoad

M = TypeVar("M", bound=Payload | str)
TTL_S = 30.0
ACCOUNT = "ems-homewizard"
F = TypeVar("F", bound=ApplianceFake)


@dataclass(frozen=True)
class Said:
    """One message on the bus."""

    at_s: float
    topic: str
    payload: bytes


async def nowhere(serial: str, clock: Clock) -> Found | None:
    """A network without mDNS."""
    return None


class Home:
    """`async with Home(clock, folder) as home`; then add devices, `ready` the bridge, give orders, look."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock = clock
        self.folder = folder
        self.broker = MemoryBroker()
        self.said: list[Said] = []
        self.broker.watch(lambda topic, payload, _: self.said.append(Said(clock.monotonic(), topic, payload)))
        self.balancer = self.broker.plug("ems-balancer", "b0", clock)
        self.house = ClockedHouse(House(Noise(Steps(300), 10), Steps(1500), {}), clock)
        self.settings: dict[str, dict[str, Any]] = {}  # sections of the file, as an owner writes them
        self.locate: Locate = nowhere
        self.health = Health("homewizard")
        self.epoch = clock.wall_ms()
        self._numbers = iter(range(100_000))
        self._serials = iter(range(0x0A01, 0x0AFF))
        self.fakes: list[ApplianceFake] = []
        self._stack = AsyncExitStack()
        self._service: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.let_go()
        await self.stop()
        await self._stack.aclose()

    async def socket(self, name: str = "boiler", load: Consumer | None = None, **settings: object) -> SocketFake:
        """A socket with 2 kW behind it."""
        self.house.house.switched[name] = switched = SwitchedLoad(load or PlainAppliance(2000))
        fake = SocketFake(switched, self.house, self.clock, serial=self._serial())
        return await self._add("sockets", name, fake, settings)

    async def meter(self, name: str = "roof", fake: KwhFake | None = None, **settings: object) -> KwhFake:
        """A kWh meter, before the roof's inverter unless it is another one."""
        fake = fake or KwhFake(of_production(self.house), self.clock, serial=self._serial())
        return await self._add("meters", name, fake, settings)

    async def water(self, name: str = "water", **settings: object) -> WaterFake:
        """A water meter."""
        return await self._add("water", name, WaterFake(self.clock, serial=self._serial()), settings)

    async def battery(self, name: str = "left", soc_pct: float = 50, **settings: object) -> BatteryFake:
        """A Plug-In Battery, paired."""
        self.house.house.batteries[name] = cells = Battery(PLUG_IN, soc_pct)
        fake = BatteryFake(cells, self.house, self.clock, serial=self._serial())
        await self._add("batteries", name, fake, settings)
        await self.pair(fake, name)
        return fake

    async def group(self, version: str = "2.2.0", name: str = "home", **settings: object) -> KwhFake:
        """A meter that steers every battery of the house, paired."""
        cells = list(self.house.house.batteries.values())
        fake = KwhFake(of_production(self.house), self.clock, serial=self._serial())
        fake.core.api_version = version
        fake.batteries = BatteryGroup(battery_count=max(1, len(cells)), cells=Pool(cells) if cells else None)
        await self._add("groups", name, fake, settings)
        await self.pair(fake, name)
        return fake

    async def dongle(self, name: str = "p1") -> P1Fake:
        """The P1 dongle, paired, which steers every battery of the house."""
        fake = await self._stack.enter_async_context(P1Fake(self.house.house, self.clock))
        cells = list(self.house.house.batteries.values())
        fake.batteries = BatteryGroup(battery_count=len(cells), cells=Pool(cells))
        await self.pair(fake, name)
        return fake

    async def pair(self, fake: ApplianceFake | P1Fake, name: str) -> None:
        """Press the button of a device and keep its token."""
        await pair(fake.host, name, self.folder, self.clock, lambda _: fake.press_button(), port=fake.https_port)

    async def _add(self, part: str, name: str, fake: F, settings: dict[str, Any]) -> F:  # as above
        await self._stack.enter_async_context(fake)
        self.fakes.append(fake)
        ports = {"http_port": fake.http_port, "https_port": fake.https_port}
        known = {"http_port"} if part in ("sockets", "water") else {"https_port"}
        known = set(ports) if part == "meters" else known
        places = {key: port for key, port in ports.items() if key in known and port}
        self.settings.setdefault(part, {})[name] = {"host": fake.host, **places, **settings}
        return fake

    def _serial(self) -> str:
        return f"3c39e700{next(self._serials):04x}"

    def start(self, bus: Bus | None = None) -> None:
        """Start the service."""
        config = Config.model_validate_json(json.dumps(self.settings))
        self._service = asyncio.create_task(self._live(config, bus))

    async def _live(self, config: Config, bus: Bus | None) -> None:
        on = bus or self.broker.plug(ACCOUNT, f"boot{len(self.said)}", self.clock)
        with Store(self.folder / "homewizard.sqlite", self.clock, ACCOUNT) as store:
            runtime = Runtime(
                name="homewizard",
                account=ACCOUNT,
                config=config,
                site=SiteSettings(),
                mqtt=MqttSettings(),
                data_dir=self.folder,
                clock=self.clock,
                bus=on,
                alerts=Alerts(on),
                store=store,
                health=self.health,
            )
            await session(runtime, self.locate)

    async def stop(self) -> None:
        """Stop it as SIGTERM does."""
        if self._service is not None:
            service, self._service = self._service, None
            service.cancel()
            with suppress(asyncio.CancelledError):
                await service

    async def kill(self) -> None:
        """Stop it as SIGKILL does, as far as the devices can tell: not a word after this."""
        for fake in self.fakes:
            await fake.unplug()
        await self.stop()
        for fake in self.fakes:
            await fake.plug_in()

    async def ready(self, *, settle_s: float = 8.0) -> None:
        """Start, and let it get to know its devices."""
        self.start()
        await self.clock.sleep(settle_s)

    async def order(
        self,
        *,
        on: bool | None = None,
        mode: Mode | None = None,
        to: str = "boiler",
        ttl_s: float = TTL_S,
        action: Action | None = None,
        power_w: float | None = None,
    ) -> str:
        """Give one order. Returns its id."""
        cmd_id = f"{self.epoch}-{next(self._numbers)}"
        command = Command(
            cmd_id=cmd_id,
            epoch=self.epoch,
            issued_at_ms=self.clock.wall_ms(),
            ttl_s=ttl_s,
            action=action or ("switch" if mode is None else "set_mode"),
            on=on,
            mode=mode,
            power_w=power_w,
        )
        await self.balancer.publish(COMMAND.at(self._kind(to), to), command)
        return cmd_id

    def _kind(self, device: str) -> str:
        return "battery" if device in self.settings.get("groups", {}) else "switch"

    def renew(self, *, on: bool | None = None, mode: Mode | None = None, to: str = "boiler") -> None:
        """Give an order and renew it each third of its life until `let_go`."""

        async def for_ever() -> None:
            async for _ in self.clock.every(TTL_S / 3):
                await self.order(on=on, mode=mode, to=to)

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

    def infos(self, device: str = "boiler", kind: str | None = None) -> list[DeviceInfo]:
        """What it is and can."""
        return self.heard(INFO, kind or self._kind(device), device)

    def controls(self, device: str = "boiler") -> list[Control]:
        """Who controlled it."""
        return self.heard(CONTROL, self._kind(device), device)

    def availability(self, device: str = "boiler", kind: str | None = None) -> list[str]:
        """Whether it could be reached."""
        return self.heard(AVAILABILITY, kind or self._kind(device), device)

    def acks(self, cmd_id: str | None = None, device: str = "boiler") -> list[Ack]:
        """What became of orders."""
        found = self.heard(ACK, self._kind(device), device)
        return [ack for ack in found if cmd_id in (None, ack.cmd_id)]

    def outcomes(self, cmd_id: str, device: str = "boiler") -> list[str]:
        """What became of one order, in words."""
        return [ack.outcome for ack in self.acks(cmd_id, device)]

    def alerts(self) -> dict[str, Alert]:
        """The alerts that stand."""
        prefix = f"alert/{ACCOUNT}/"
        kept = {topic.removeprefix(prefix): payload for topic, payload in self.broker.retained.items()}
        return {name: decode(ALERT, kept[name])[1] for name in kept if f"{prefix}{name}" in self.broker.retained}

"""A house for the bridge: HomeWizard devices on real sockets, a broker inside the process, somebody who orders."""

import json
from pathlib import Path
from typing import TypeVar

from common.clock import Clock
from common.homewizard import pair
from common.homewizard.located import Locate
from common.service import Runtime
from services.homewizard.bridge import session
from services.homewizard.config import Config
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
from tests.household import Household, nowhere

F = TypeVar("F", bound=ApplianceFake)


class Home(Household[Config]):
    """HomeWizard devices on real sockets."""

    NAME = "homewizard"
    DEVICE = "boiler"

    def __init__(self, clock: Clock, folder: Path) -> None:
        super().__init__(clock, folder)
        self.house = ClockedHouse(House(Noise(Steps(300), 10), Steps(1500), {}), clock)
        self.locate: Locate = nowhere
        self.fakes: list[ApplianceFake] = []
        self._serials = iter(range(0x0A01, 0x0AFF))

    def config(self) -> Config:
        return Config.model_validate_json(json.dumps(self.settings))

    async def session(self, runtime: Runtime[Config]) -> None:
        await session(runtime, self.locate)

    def kind(self, device: str) -> str:
        return "battery" if device in self.settings.get("groups", {}) else "switch"

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

    async def _add(self, part: str, name: str, fake: F, settings: dict[str, object]) -> F:
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

    async def kill(self) -> None:
        """Stop it as SIGKILL does, as far as the devices can tell: not a word after this."""
        for fake in self.fakes:
            await fake.unplug()
        await self.stop()
        for fake in self.fakes:
            await fake.plug_in()

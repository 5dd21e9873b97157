"""A house for the bridge: devices at a real broker, our own bus in the process, and somebody who orders."""

import json
from pathlib import Path
from typing import Any, TypeVar

from common.clock import Clock
from common.service import Runtime
from services.pzem.bridge import session
from services.pzem.config import Config
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import House, PlainAppliance, Steps, SwitchedLoad
from services.simulator.physics.dimmed import DimmedLoad
from services.simulator.pzem import Appliance, DimmerFake, LoadFake, MeterFake
from services.simulator.pzem.meter import Module
from tests.brokers import Broker
from tests.household import Household

A = TypeVar("A", bound=Appliance)


class Home(Household[Config]):
    """Devices at a real broker; our own bus is in the process."""

    NAME = "pzem"
    DEVICE = "heater"
    SETTLE_S = 5.0
    CARRY_OUT_S = 2.5

    def __init__(self, broker: Broker, clock: Clock, folder: Path) -> None:
        super().__init__(clock, folder)
        self.broker = broker
        self.mqtt = broker.settings
        self.house = ClockedHouse(House(Steps(300), Steps(0), {}), clock)

    def config(self) -> Config:
        return Config.model_validate_json(json.dumps(self.settings))

    async def session(self, runtime: Runtime[Config]) -> None:
        await session(runtime)

    def kind(self, device: str) -> str:
        return "load" if device in self.settings.get("dimmers", {}) else "switch"

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

    def authority(self, device: str = "heater") -> str:
        """Who controls it."""
        return self.controls(device)[-1].mode

    def info(self, device: str = "heater") -> dict[str, Any]:  # as JSON
        """What it is and can."""
        return self.infos(device)[-1].model_dump(exclude_none=True)

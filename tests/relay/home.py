"""A house for the bridge: relays that speak their own topics, a broker inside the process, somebody who orders."""

import asyncio
import json
from pathlib import Path
from typing import Any

from common.clock import Clock
from common.contract import SWITCH_STATE, SwitchState
from common.service import Runtime
from services.relay.bridge import care
from services.relay.config import Config
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import House, Noise, PlainAppliance, Steps, SwitchedLoad
from services.simulator.relay import EspHomeFake, RelayFake, ShellyFake, ShellyGen1Fake, TasmotaFake, ZigbeeFake
from tests.air import MemoryAir
from tests.household import Household


class Home(Household[Config]):
    """Relays that speak their own topics."""

    NAME = "relay"
    DEVICE = "boiler"

    def __init__(self, clock: Clock, folder: Path) -> None:
        super().__init__(clock, folder)
        self.air = MemoryAir(self.bus, clock)
        self.devices = MemoryAir(self.bus, clock)
        self.house = ClockedHouse(House(Noise(Steps(300), 10), Steps(1500), {}), clock)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def config(self) -> Config:
        return Config.model_validate_json(json.dumps(self.settings))

    async def session(self, runtime: Runtime[Config]) -> None:
        await care(runtime, self.air)

    def kind(self, device: str) -> str:
        return "switch"

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

    def shelly_gen1(self, name: str = "boiler", auto_off_s: float = 120.0, **settings: object) -> ShellyGen1Fake:
        """A Shelly of the first generation with 2 kW behind it; its owner has set its auto-off."""
        fake = ShellyGen1Fake(self._load(name), self.house, self.devices, self.clock)
        fake.auto_off_s = auto_off_s
        told = {"dead_man_s": auto_off_s} if auto_off_s else {}
        self.set("shelly_gen1", name, device=fake.root.removeprefix("shellies/"), **told, **settings)
        self._run(fake)
        return fake

    def esphome(self, name: str = "boiler", **settings: object) -> EspHomeFake:
        """An ESPHome node with 2 kW behind it."""
        fake = EspHomeFake(self._load(name), self.house, self.devices, self.clock)
        sensors = {"power_sensor": f"{fake.name}_power", "energy_sensor": f"{fake.name}_energy"}
        self.set("esphome", name, prefix=fake.node, switch=fake.name, **sensors, **settings)
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

    async def kill(self) -> None:
        """Stop it as SIGKILL does, as far as the devices can tell: not a word after this."""
        self.air.ready.clear()
        await self.stop()
        self.air.ready.set()

    def says(self, topic: str, payload: str, *, retain: bool = False, kept: bool = False) -> None:
        """Another program says something; `kept`: it said so long ago, with the retain flag."""
        self.bus.publish(topic, payload.encode(), retain, kept=kept)

    def states(self, device: str = "boiler") -> list[SwitchState]:
        """How it stood."""
        return self.heard(SWITCH_STATE, device)

    def told(self, topic: str) -> list[str]:
        """What the bridge said on a device's topic."""
        return [payload for _, said, payload in self.air.said if said == topic]

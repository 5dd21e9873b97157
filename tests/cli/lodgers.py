"""A meter and a battery that live at a real broker, for commands that look at a running house."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from common.bus import MqttBus
from common.clock import Clock, JumpClock
from common.store import Store
from tests.balancer.stage import Energy, FakeBattery, FakeMeter
from tests.brokers import Broker


@dataclass
class Lodgers:
    """A meter and a battery at a real broker."""

    broker: Broker
    clock: JumpClock
    store: Store
    meter: FakeMeter = field(init=False)
    battery: FakeBattery = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def now_s(self) -> float:
        """On the clock of the house."""
        return self.clock.monotonic()

    async def move_in(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to live."""
        energy = Energy(self.clock)
        energy.change("load", 500.0)
        self.meter = FakeMeter(await self.bus("ems-p1"), energy)
        self.battery = FakeBattery(await self.bus("ems-udp_battery"), self.store, energy)
        self.tasks = [tasks.create_task(work) for work in (self.meter.run(), self.battery.run())]

    async def move_out(self) -> None:
        """Leave, and close what they used."""
        for task in self.tasks:
            task.cancel()
        await self._stack.aclose()

    async def bus(self, account: str) -> MqttBus:
        """A connection for somebody, until they all move out."""
        bus = await self._stack.enter_async_context(MqttBus(self.broker.settings, account, "b", self.clock))
        await bus.ready.wait()
        return bus


@asynccontextmanager
async def lodgers(broker: Broker, clock: Clock, folder: Path) -> AsyncIterator[Lodgers]:
    """A house that draws 500 W, its meter, and a battery at half charge."""
    assert isinstance(clock, JumpClock)
    with Store(folder / "battery.sqlite", clock, "ems-udp_battery") as store:
        async with asyncio.TaskGroup() as tasks:
            made = Lodgers(broker, clock, store)
            await made.move_in(tasks)
            try:
                yield made
            finally:
                await made.move_out()

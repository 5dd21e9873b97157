"""A house on a memory bus in virtual time: a meter like a P1, ideal batteries, and the shipping balancer."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from common.actuator import Actuator, Place
from common.clock import Clock, JumpClock, JumpLoop
from common.config import SiteSettings
from common.contract import AVAILABILITY, BATTERY_STATE, INFO, METER_STATE, BatteryState, DeviceInfo, MeterState
from common.lease import Limits
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from common.store import Store
from services.balancer.config import Config
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.simulator.physics import Battery, House
from services.simulator.physics.house import STEP_S

EPOCH = 1
RETRY_S = 3.0


@dataclass
class Trace:
    """What the house did, step by step, and how often it was told to."""

    grid_w: list[float] = field(default_factory=list)
    """Each 0.1 s."""
    load_w: list[float] = field(default_factory=list)
    batteries_w: list[tuple[float, ...]] = field(default_factory=list)
    orders: int = 0
    """Set-points that differ from the one before; renewals are not counted."""


class Watched(House):
    """A house that writes down every step."""

    trace: Trace

    def _step(self) -> None:
        super()._step()
        self.trace.grid_w.append(self.grid_w)
        self.trace.load_w.append(self.load_w)
        self.trace.batteries_w.append(tuple(battery.power_w for battery in self.batteries.values()))


@dataclass(frozen=True, kw_only=True)
class MeterModel:
    """A meter that sends the mean of each period, or the power of the moment, a little late."""

    period_s: float = 1.0
    late_s: tuple[float, float] = (0.1, 0.3)
    momentary: bool = False
    seed: int = 0

    async def run(self, house: House, bus: Bus) -> None:
        """For ever: one reading per period."""
        clock, chance, began_s = bus.clock, random.Random(self.seed), bus.clock.monotonic()
        info = DeviceInfo(
            vendor="bench", model="meter", poll_s=self.period_s, stale_after_s=max(10.0, 3 * self.period_s)
        )
        await bus.publish(INFO.at("meter", "p1"), info)
        before_ws, count = house.grid_ws, 0
        while True:
            count += 1
            await clock.sleep(began_s + count * self.period_s - clock.monotonic())
            house.advance_to(clock.monotonic() - began_s)
            mean_w, before_ws = (house.grid_ws - before_ws) / self.period_s, house.grid_ws
            mean_w = house.grid_w if self.momentary else mean_w
            late_s = chance.uniform(*self.late_s)
            await clock.sleep(late_s)
            house.advance_to(clock.monotonic() - began_s)
            await bus.publish(METER_STATE.at("p1"), MeterState(power_w=round(mean_w, 1)))


@dataclass(frozen=True, kw_only=True)
class IdealBridge:
    """A bridge that loses nothing: orders reach the battery 10 ms after they are given."""

    name: str
    told: tuple[float, float]
    """(dead time in s, ramp in W/s) as its `info` tells them; the truth may differ."""
    ignores: float = 0.0
    """Share of the orders that are confirmed and not carried out."""
    follows: bool = False
    """Knows the mode in which a battery follows the house's meter by itself."""
    refresh_s: float = 0.0
    """Shortest time between two orders, as its `info` tells it."""
    loss: float = 0.0
    """Share of the requests that get lost on the way. After 3 s the bridge asks again, with the newest order then."""
    seed: int = 0

    async def run(self, house: House, bus: Bus, store: Store) -> None:
        """For ever: tell the battery's power each second, pass orders on."""
        battery = house.batteries[self.name]
        limits = Limits(-battery.model.max_discharge_w, battery.model.max_charge_w)
        info = DeviceInfo(
            vendor="bench",
            model="ideal",
            poll_s=1.0,
            stale_after_s=10.0,
            safe_state="idle",
            capabilities=("power", "mode") if self.follows else ("power",),
            modes=("self_consumption",) if self.follows else (),
            min_w=limits.min_w,
            max_w=limits.max_w,
            step_w=1.0,
            dead_time_s=self.told[0],
            ramp_w_per_s=self.told[1],
            refresh_s=self.refresh_s,
        )
        await bus.publish(INFO.at("battery", self.name), info)
        await bus.publish(AVAILABILITY.at("battery", self.name), "online")
        desk = Actuator(bus, Place("battery", self.name), lambda: limits, store)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.run())
            tasks.create_task(self._obey(desk, battery, house, bus.clock))
            tasks.create_task(self._tell(battery, house, bus))

    async def _obey(self, desk: Actuator, battery: Battery, house: House, clock: Clock) -> None:
        chance, began_s = random.Random(self.seed), clock.monotonic()
        while True:
            await desk.changed.wait()
            desk.changed.clear()
            await clock.sleep(0.01)
            while chance.random() < self.loss:
                await clock.sleep(RETRY_S)
                desk.changed.clear()
            order = desk.order
            power_w = order.power_w if order and order.power_w is not None else 0.0
            led, battery.follows_meter = battery.follows_meter, order is not None and order.command.mode is not None
            house.advance_to(clock.monotonic() - began_s)
            if (led or power_w != battery.ordered_w) and chance.random() >= self.ignores:
                battery.order(power_w, clock.monotonic() - began_s)
            if order is not None:
                await desk.done(order, "applied")

    async def _tell(self, battery: Battery, house: House, bus: Bus) -> None:
        chance, began_s = random.Random(f"tell {self.seed}"), bus.clock.monotonic()
        async for _ in bus.clock.every(1.0):
            house.advance_to(bus.clock.monotonic() - began_s)
            power_w, soc_pct = round(battery.power_w, 1), round(battery.soc_pct, 1)
            await bus.clock.sleep(chance.uniform(0.2, 0.9))
            house.advance_to(bus.clock.monotonic() - began_s)
            state = BatteryState(power_w=power_w, soc_pct=soc_pct, mode="setpoint")
            await bus.publish(BATTERY_STATE.at(self.name), state)


class Bridge(Protocol):
    """Lives between a device of the house and the bus."""

    @property
    def name(self) -> str:
        """Of its device."""
        ...

    async def run(self, house: House, bus: Bus, store: Store) -> None:
        """For ever."""
        ...


Extra = Callable[[House, MemoryBroker, Clock], Awaitable[None]]


@dataclass
class Rig:
    """One experiment: a house, its bridges, and the balancer, for so many seconds of virtual time."""

    house: Watched
    config: Config
    bridges: tuple[Bridge, ...] = ()
    meter: MeterModel = field(default_factory=MeterModel)
    site: SiteSettings = field(default_factory=SiteSettings)
    extras: tuple[Extra, ...] = ()
    grace_s: float = 0.0
    begins: datetime = datetime(2026, 4, 18, 9, tzinfo=UTC)
    mind: Mind = field(init=False)

    def run(self, seconds: float, folder: Path) -> Trace:
        """Let it run. Returns what the house did."""
        clock = JumpClock(self.begins, self.grace_s)
        with (
            Store(folder / "bridges.sqlite", clock, "bench") as store,
            asyncio.Runner(loop_factory=lambda: JumpLoop(clock)) as runner,
        ):
            runner.run(self._all(clock, seconds, store))
        return self.house.trace

    async def _all(self, clock: JumpClock, seconds: float, store: Store) -> None:
        broker = MemoryBroker()
        broker.watch(self._count())
        self.mind = Mind(self.config, self.site, SettingsBook(self.config))
        self.mind.lead(EPOCH)
        leader = Leader(self.mind, broker.plug("ems-balancer", "bench", clock))
        async with asyncio.TaskGroup() as tasks:
            works: list[Awaitable[None]] = [leader.listen(), leader.tick()]
            works += [
                bridge.run(self.house, broker.plug(f"ems-{bridge.name}", "b", clock), store) for bridge in self.bridges
            ]
            works += [self.meter.run(self.house, broker.plug("ems-p1", "b", clock))]
            works += [extra(self.house, broker, clock) for extra in self.extras]
            running = [tasks.create_task(_work(work)) for work in works]
            await clock.sleep(seconds)
            for task in running:
                task.cancel()

    def _count(self) -> Callable[[str, bytes, bool], None]:
        last: dict[str, object] = {}

        def watch(name: str, payload: bytes, retain: bool) -> None:
            if name.endswith("/cmd"):
                told = payload.partition(b'"action"')[2].partition(b'"reason"')[0]
                self.house.trace.orders += last.get(name) != told
                last[name] = told

        return watch


async def _work(work: Awaitable[None]) -> None:
    await work


def steps_per_s() -> int:
    """Entries of a trace per second."""
    return round(1 / STEP_S)


def batteries_of(house: House) -> Mapping[str, Battery]:
    """For callers that read the end state."""
    return house.batteries

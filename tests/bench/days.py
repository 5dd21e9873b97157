"""Three whole days with a boiler, a pump, a bicycle and a battery: sunny, changeable, dark. `make bench-control`

The shipping balancer at each second, beside an older scheduler in the same house. Sun and weather are the simulator's;
both get the same forecast of the sun, which is right in the mean and off by some per cent in each hour.
"""

import asyncio
import itertools
import random
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from common.actuator import Actuator, Place
from common.clock import Clock, JumpClock, JumpLoop
from common.config import SiteSettings
from common.contract import (
    AVAILABILITY,
    BATTERY_STATE,
    FORECAST,
    INFO,
    SWITCH_STATE,
    BatteryState,
    DeviceInfo,
    Forecast,
    ForecastSlot,
    SwitchState,
)
from common.lease import Limits
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from common.store import Store
from services.balancer.config import Config, DevicePolicy
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.replay.older_scheduler import CYCLE_S, Measured, OlderBattery, OlderScheduler, OlderSocket
from services.simulator.physics import Appliances, Battery, BatteryModel, House, Sun
from services.simulator.physics.boiler import Boiler, BoilerModel
from services.simulator.physics.charger import Charger, ChargerModel
from services.simulator.physics.load import HOUSEHOLD, Profile
from services.simulator.physics.switched import PlainAppliance, SwitchedLoad
from tests.bench.rig import MeterModel

DAY_S = 86_400.0
MIN_S = 300.0
STEP_S = 1.0
ONE = BatteryModel(capacity_wh=2700, max_charge_w=800, max_discharge_w=800, dead_time_s=0.3, ramp_w_per_s=400)
"""One plug-in battery of the kind that balances by itself …"""
TWO = BatteryModel(capacity_wh=5400, max_charge_w=1600, max_discharge_w=1600, dead_time_s=0.3, ramp_w_per_s=800)
"""… and two of them on one controller."""
PAUSE_CYCLES = 10
NEED_WH, PUMP_WH, BIKE_WH = 4000.0, 3000.0, 400.0
EFFICIENCY_PCT = 86.0


@dataclass(frozen=True, kw_only=True)
class Day:
    """One kind of day, in a house with one or two batteries."""

    name: str
    date: datetime
    peak_w: float
    clouds: float
    battery: BatteryModel = ONE

    def sun(self, seed: int) -> Sun:
        """The roof on that day; the day begins at 06:00."""
        return Sun(peak_w=self.peak_w, starts_at=self.date, clouds=self.clouds, seed=seed)


DAYS = (
    Day(name="sunny", date=datetime(2026, 6, 18, 6, tzinfo=UTC), peak_w=5000, clouds=0.0),
    Day(name="changeable", date=datetime(2026, 4, 16, 6, tzinfo=UTC), peak_w=5000, clouds=1.0),
    Day(name="dark", date=datetime(2026, 12, 10, 6, tzinfo=UTC), peak_w=1500, clouds=1.0),
)


@dataclass
class Secondly:
    """A profile that is looked at once a second."""

    inner: Profile
    starts_s: float = 0.0
    _second: int = -1
    _power_w: float = 0.0

    def at(self, time_s: float) -> float:
        """The power at the beginning of this second."""
        if int(time_s) != self._second:
            self._second = int(time_s)
            self._power_w = self.inner.at(self.starts_s + self._second)
        return self._power_w


OPTIONAL = ("pump", "bike")


class Ledgered(House):
    """A house that keeps account of who drew what from the grid."""

    optional_wh = optional_import_wh = in_min_on_wh = 0.0

    def _step(self) -> None:
        super()._step()
        optional_w = sum(self.switched[name].power_w for name in OPTIONAL)
        import_w = min(optional_w, max(0.0, self.grid_w))
        self.optional_wh += optional_w / 36_000
        self.optional_import_wh += import_w / 36_000
        if import_w > 0 and any(self._is_young(name) for name in OPTIONAL):
            self.in_min_on_wh += import_w / 36_000

    def _is_young(self, name: str) -> bool:
        switches = self.switches.get(name, [])
        return self.switched[name].is_on and bool(switches) and self.time_s - switches[-1] < MIN_S

    @property
    def switches(self) -> dict[str, list[float]]:
        """Times at which each load was switched."""
        if not hasattr(self, "_switches"):
            self._switches: dict[str, list[float]] = {name: [] for name in self.switched}
        return self._switches

    def switch(self, name: str, on: bool) -> None:
        """Somebody switches a load."""
        if self.switched[name].is_on != on:
            self.switched[name].is_on = on
            self.switches[name].append(self.time_s)


def house(day: Day, seed: int, starts_s: float = 0.0) -> Ledgered:
    """The same house for both programs. The older days begin at 06:00; `starts_s` later for a slice."""
    began = day.date + timedelta(seconds=starts_s)
    switched = {
        "boiler": SwitchedLoad(Boiler(BoilerModel(), began, water_c=42, seed=seed)),
        "pump": SwitchedLoad(PlainAppliance(750)),
        "bike": SwitchedLoad(Charger(ChargerModel(rated_w=250), began, soc_pct=30, rides=(), seed=seed)),
    }
    battery = Battery(day.battery, 30, seed)
    battery.follows_meter = True
    load = Secondly(Appliances(180, HOUSEHOLD, seed), starts_s)
    return Ledgered(load, Secondly(day.sun(seed), starts_s), {"battery": battery}, switched)


def forecast_w(day: Day, seed: int) -> list[float]:
    """The sun per quarter hour of the day: its mean, wrong by up to 20 % in each hour."""
    sun, chance = day.sun(seed), random.Random(f"forecast {seed}")
    wrong = [chance.uniform(0.8, 1.2) for _ in range(25)]
    quarters = range(int(DAY_S / 900))
    return [wrong[q // 4] * sum(sun.at(900.0 * q + 30 * s) for s in range(30)) / 30 for q in quarters]


@dataclass
class Account:
    """What a day came to."""

    house: Ledgered
    seconds: float

    def figures(self) -> dict[str, object]:
        """In Wh, and times in s."""
        boiler = self.house.switched["boiler"]
        missing_wh = self.boiler_missing_wh()
        apart = [b - a for times in self.house.switches.values() for a, b in itertools.pairwise(times)]
        optional_wh = self.house.optional_wh
        return {
            "import_wh": round(self.house.import_wh),
            "export_wh": round(self.house.export_wh),
            "boiler_wh": round(boiler.energy_wh),
            "boiler_missing_wh": round(missing_wh),
            "import_and_missing_wh": round(self.house.import_wh + missing_wh),
            "optional_wh": round(optional_wh),
            "optional_import_pct": round(100 * self.house.optional_import_wh / optional_wh, 2) if optional_wh else None,
            "of_it_within_min_on_pct": round(100 * self.house.in_min_on_wh / optional_wh, 2) if optional_wh else None,
            "switched": {name: len(times) for name, times in self.house.switches.items()},
            "shortest_between_s": round(min(apart), 1) if apart else None,
            "battery_end_pct": round(self.house.batteries["battery"].soc_pct, 1),
        }

    def boiler_missing_wh(self) -> float:
        """What the boiler did not get of its need; nothing if its own thermostat had enough."""
        switched = self.house.switched["boiler"]
        boiler = switched.consumer
        assert isinstance(boiler, Boiler)
        return 0.0 if self.was_full else max(0.0, NEED_WH - switched.energy_wh)

    was_full: bool = False
    """The thermostat opened at some time."""


def older(
    day: Day, seed: int, seconds: float = DAY_S, starts_s: float = 0.0, *, pause_cycles: int = 0
) -> dict[str, object]:
    """The older scheduler's day: as it was, or with the pause between two switches that it got later."""
    made, told_w = house(day, seed, starts_s), forecast_w(day, seed)
    account = Account(made, seconds)
    program = OlderScheduler(
        (
            OlderSocket(name="boiler", max_power_w=2000, capacity_wh=NEED_WH, priority=1, daily_need=True),
            OlderSocket(name="pump", max_power_w=750, capacity_wh=PUMP_WH, priority=2, daily_need=False),
            OlderSocket(name="bike", max_power_w=250, capacity_wh=BIKE_WH, priority=3, daily_need=False),
        ),
        pause_cycles=pause_cycles,
    )
    program.new_day()
    now_s = 0.0
    while now_s < seconds:
        made.advance_to(now_s)
        _note_full(account)
        battery = made.batteries["battery"]
        measured = Measured(
            grid_w=made.grid_w,
            sockets_w={name: load.power_w for name, load in made.switched.items()},
            on={name: load.is_on for name, load in made.switched.items()},
            battery_w=battery.power_w,
            battery=OlderBattery(day.battery.max_discharge_w, day.battery.capacity_wh, battery.energy_wh),
        )
        first = int((starts_s + now_s) // 900) + 1
        for name, on in program.cycle(measured, told_w[first:]).items():
            made.switch(name, on)
        now_s += CYCLE_S
    made.advance_to(seconds)
    return account.figures()


def _note_full(account: Account) -> None:
    switched = account.house.switched["boiler"]
    account.was_full |= switched.is_on and switched.power_w == 0 and switched.energy_wh > 0


def ours(day: Day, seed: int, seconds: float = DAY_S, starts_s: float = 0.0) -> dict[str, object]:
    """The shipping balancer's day."""
    made = house(day, seed, starts_s)
    account = Account(made, seconds)
    clock = JumpClock(day.date + timedelta(seconds=starts_s))
    with (
        TemporaryDirectory() as folder,
        Store(Path(folder) / "bridges.sqlite", clock, "bench") as store,
        asyncio.Runner(loop_factory=lambda: JumpLoop(clock)) as runner,
    ):
        runner.run(_play(account, clock, seconds, store, _forecasts(day, seed)))
    return account.figures()


CONFIG = Config(
    order=("boiler", "pump", "bike", "battery"),
    devices={
        "boiler": DevicePolicy(want="needed", need_wh=NEED_WH, power_w=2000),
        "pump": DevicePolicy(want="surplus", need_wh=PUMP_WH, power_w=750),
        "bike": DevicePolicy(want="surplus", need_wh=BIKE_WH, power_w=250),
    },
)


async def _play(account: Account, clock: JumpClock, seconds: float, store: Store, told: Mapping[str, Forecast]) -> None:
    made = account.house
    broker = MemoryBroker()
    mind = Mind(CONFIG, SiteSettings(), SettingsBook(CONFIG))
    mind.lead(1)
    leader = Leader(mind, broker.plug("ems-balancer", "bench", clock))
    meter = broker.plug("ems-p1", "b", clock)
    for kind, forecast in told.items():
        await meter.publish(FORECAST.at(kind), forecast)
    bridges = [_socket(made, broker.plug(f"ems-{name}", "b", clock), store, name) for name in made.switched]
    works = [leader.listen(), leader.tick(), *bridges, _group(made, broker.plug("ems-battery", "b", clock), store)]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(work) for work in (*works, MeterModel().run(made, meter))]
        for _ in range(round(seconds / CYCLE_S)):
            await clock.sleep(CYCLE_S)
            _note_full(account)
        for task in running:
            task.cancel()


async def _socket(made: Ledgered, bus: Bus, store: Store, name: str) -> None:
    """A bridge of one socket, read each second."""
    info = DeviceInfo(
        vendor="bench", model="socket", poll_s=1.0, stale_after_s=10.0, safe_state="off", capabilities=("switch",)
    )
    await bus.publish(INFO.at("switch", name), info)
    await bus.publish(AVAILABILITY.at("switch", name), "online")
    desk = Actuator(bus, Place("switch", name), lambda: Limits(0.0, 0.0), store)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.run())
        tasks.create_task(_switching(made, desk, bus.clock, name))
        async for _ in bus.clock.every(STEP_S):
            load = made.switched[name]
            state = SwitchState(on=load.is_on, power_w=round(load.power_w, 1), energy_import_wh=round(load.energy_wh))
            await bus.publish(SWITCH_STATE.at(name), state)


async def _switching(made: Ledgered, desk: Actuator, clock: Clock, name: str) -> None:
    while True:
        await desk.changed.wait()
        desk.changed.clear()
        order = desk.order
        await clock.sleep(0.1)
        made.switch(name, bool(order and order.command.on))
        if order is not None:
            await desk.done(order, "applied")


async def _group(made: Ledgered, bus: Bus, store: Store) -> None:
    """A bridge of a battery that balances by itself and knows permissions."""
    battery = made.batteries["battery"]
    info = DeviceInfo(
        vendor="bench",
        model="group",
        poll_s=1.0,
        stale_after_s=10.0,
        safe_state="self_consumption",
        capabilities=("mode",),
        modes=("self_consumption", "charge_only", "discharge_only", "standby"),
        min_w=-battery.model.max_discharge_w,
        max_w=battery.model.max_charge_w,
        capacity_wh=round(battery.model.capacity_wh),
        round_trip_pct=EFFICIENCY_PCT,
    )
    await bus.publish(INFO.at("battery", "battery"), info)
    await bus.publish(AVAILABILITY.at("battery", "battery"), "online")
    desk = Actuator(bus, Place("battery", "battery"), lambda: Limits(0.0, 0.0), store)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.run())
        tasks.create_task(_obeying(desk))
        async for _ in bus.clock.every(STEP_S):
            state = BatteryState(power_w=round(battery.power_w, 1), soc_pct=round(battery.soc_pct, 1))
            await bus.publish(BATTERY_STATE.at("battery"), state)


async def _obeying(desk: Actuator) -> None:
    """Every permission is as good as the other: it keeps its own edges, and the day is the same for both programs."""
    while True:
        await desk.changed.wait()
        desk.changed.clear()
        if desk.order is not None:
            await desk.done(desk.order, "applied")


def _forecasts(day: Day, seed: int) -> Mapping[str, Forecast]:
    began_ms = round(day.date.timestamp() * 1000)
    spans = {"pv": forecast_w(day, seed), "load": [330.0] * int(DAY_S / 900)}
    return {kind: Forecast(issued_ms=began_ms, slots=tuple(_slots(began_ms, watts))) for kind, watts in spans.items()}


def _slots(began_ms: int, watts: list[float]) -> Iterator[ForecastSlot]:
    for row, power_w in enumerate(watts):
        start_ms = began_ms + row * 900_000
        yield ForecastSlot(start_ms=start_ms, end_ms=start_ms + 900_000, p50_w=round(power_w, 1))


def figures(seed: int = 1) -> dict[str, object]:
    """All three days with one battery and with two, under each program."""
    found: dict[str, dict[str, object]] = {}
    houses = {day.name: day for day in DAYS} | {
        f"{day.name}, two batteries": replace(day, name=f"{day.name}, two batteries", battery=TWO) for day in DAYS
    }
    with ProcessPoolExecutor(2) as pool:
        begun = {name: pool.submit(ours, day, seed) for name, day in houses.items()}
        for name, mine in begun.items():
            found[name] = {
                "balancer": mine.result(),
                "older": older(houses[name], seed),
                "older_with_pause": older(houses[name], seed, pause_cycles=PAUSE_CYCLES),
            }
            sys.stderr.write(f"{name}: done\n")
    return {**found}

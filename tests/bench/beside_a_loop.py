"""A dosed battery beside a group that balances by itself: how soon a step is settled, and what circulates."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from common.actuator import Actuator, Place
from common.clock import Clock
from common.contract import AVAILABILITY, BATTERY_STATE, INFO, BatteryState, DeviceInfo
from common.contract.devices import Mode
from common.lease import Limits
from common.memory_bus import MemoryBroker
from common.store import Store
from services.balancer.config import Config
from services.simulator.physics import Battery, BatteryModel, House
from tests.bench.experiments import ENDLESS_WH, FAST, house, random_steps, stepping
from tests.bench.judging import Quality, judge
from tests.bench.rig import IdealBridge, Rig

GROUP = BatteryModel(
    capacity_wh=ENDLESS_WH, max_charge_w=1600, max_discharge_w=1600, dead_time_s=0.3, ramp_w_per_s=400, standby_w=0
)
"""Two plug-in batteries of 800 W with one controller on the meter."""
SLOW = BatteryModel(capacity_wh=ENDLESS_WH, dead_time_s=2.5, ramp_w_per_s=500, standby_w=0)
"""A battery on UDP."""
LOSS = 0.15
"""Share of the requests that get lost."""
MODES: tuple[Mode, ...] = ("self_consumption", "charge_only", "discharge_only", "standby")
HOUR_S = 3600.0


def rig(seed: int, hours: float, *, slow: bool, step_w: float = 2700, per_hour: float = 40) -> tuple[Rig, float]:
    """Group first, dosed battery second. Returns how long to run it as well."""
    steps = random_steps(seed, hours, per_hour, step_w)
    model = SLOW if slow else FAST
    batteries = {"group": Battery(GROUP, 50, seed), "dosed": Battery(model, 50, seed)}
    batteries["group"].follows_meter = True
    told = (model.dead_time_s, model.ramp_w_per_s)
    link = {"refresh_s": 2.0, "loss": LOSS} if slow else {}
    bridge = IdealBridge(name="dosed", told=told, seed=seed, **link)  # type: ignore[arg-type]  # only floats
    watched = house(stepping(steps), batteries, seed)
    return Rig(watched, Config(order=("group", "dosed")), (bridge,), extras=(_group,)), hours * HOUR_S


def run(seed: int, hours: float, *, slow: bool, step_w: float = 2700) -> Quality:
    """One experiment, judged within ±50 W."""
    made, seconds = rig(seed, hours, slow=slow, step_w=step_w)
    with TemporaryDirectory() as folder:
        trace = made.run(seconds, Path(folder))
    return judge(trace, random_steps(seed, hours, 40, step_w), 50.0)


async def _group(made: House, broker: MemoryBroker, clock: Clock) -> None:
    """The bridge of the group: tells its power each second, and takes permissions."""
    bus, battery, began_s = broker.plug("ems-group", "b", clock), made.batteries["group"], clock.monotonic()
    info = DeviceInfo(
        vendor="bench",
        model="group",
        poll_s=1.0,
        stale_after_s=10.0,
        safe_state="self_consumption",
        capabilities=("mode",),
        modes=MODES,
        min_w=-GROUP.max_discharge_w,
        max_w=GROUP.max_charge_w,
    )
    await bus.publish(INFO.at("battery", "group"), info)
    await bus.publish(AVAILABILITY.at("battery", "group"), "online")
    with TemporaryDirectory() as folder, Store(Path(folder) / "group.sqlite", clock, "bench") as store:
        desk = Actuator(bus, Place("battery", "group"), lambda: Limits(0.0, 0.0), store)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.run())
            tasks.create_task(_obey(desk, battery))
            async for _ in clock.every(1.0):
                made.advance_to(clock.monotonic() - began_s)
                state = BatteryState(power_w=round(battery.power_w, 1), soc_pct=50.0, mode="self_consumption")
                await bus.publish(BATTERY_STATE.at("group"), state)


async def _obey(desk: Actuator, battery: Battery) -> None:
    while True:
        await desk.changed.wait()
        desk.changed.clear()
        order = desk.order
        if order is not None:
            battery.follows_meter = order.command.mode == "self_consumption"
            await desk.done(order, "applied")


def figures(hours: float = 1.0, seeds: tuple[int, ...] = (1, 2, 3)) -> dict[str, object]:
    """Both pairs."""
    return {
        name: [run(seed, hours, slow=slow) for seed in seeds] for name, slow in (("fast", False), ("over_udp", True))
    }

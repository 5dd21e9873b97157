"""Control quality over the real link: the shipping bridge and balancer, batteries on UDP that lose 30 % of everything.

Runs in idle-jump time: sockets are real, waiting is not.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from common.clock import Clock, JumpClock, JumpLoop
from common.config import SiteSettings
from common.contract import COMMAND, decode
from common.store import Store
from services.balancer.config import Config
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.simulator.marstek import VENUS_E3_150, Faults
from services.simulator.physics import Battery
from tests.bench.experiments import BASE_W, FAST, SLOW, house, random_steps, stepping
from tests.bench.floor import Link, Plant, floor_s
from tests.bench.judging import Step, judge
from tests.bench.rig import EPOCH, IdealBridge, MeterModel, Watched
from tests.udp_battery.home import Home

STEP_W = 1200.0
PER_HOUR = 60.0
BAND_W = 100.0
POLL_S = 10.0
QUIET_S = 2.0
LINK = Link(quiet_s=QUIET_S, loss_in=1 - 0.7**0.5, transport_s=0.2)
PLANT = Plant(dead_time_s=SLOW.dead_time_s, ramp_w_per_s=SLOW.ramp_w_per_s, step_w=STEP_W, band_w=BAND_W)
MODEL = replace(VENUS_E3_150, quiet_s=(QUIET_S, QUIET_S))
CAP_W = 800.0
PROBE_W = 100.0
"""So much an order may lie beyond a cap: the law asks now and then whether it still holds."""
LEARNT_S = 1200.0
"""After this a law that knew nothing has learnt how quick its batteries are."""
FOUND_OUT = Step(60.0, BASE_W + STEP_W)
"""Now the battery shows that it cannot …"""
FOUND_OUT_BY_S = 300.0
"""… and until now nothing else happens."""
GRACE_S = 0.002
"""How long real sockets get before time jumps."""
Figures = dict[str, object]


@dataclass
class Told:
    """The set-points that a battery was told, with their times."""

    orders: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def watch(self, clock: Clock) -> Callable[[str, bytes, bool], None]:
        """What to hang on the broker."""

        def heard(name: str, payload: bytes, _: bool) -> None:
            if COMMAND.matches(name) and payload:
                command = decode(COMMAND, payload)[1]
                if command.power_w is not None:
                    self.orders.setdefault(name.split("/")[1], []).append((clock.monotonic(), command.power_w))

        return heard


@dataclass
class LinkedRig:
    """A house with Marstek batteries behind the shipping bridge, perhaps with an ideal one besides."""

    watched: Watched
    order: tuple[str, ...]
    seed: int
    faults: Callable[[], Faults] = Faults
    max_discharge_w: float = 800.0
    ideal: IdealBridge | None = None
    told: Told = field(default_factory=Told)
    began_s: float = 0.0

    def run(self, hours: float) -> None:
        """Let so much time pass."""
        clock = JumpClock(grace_s=GRACE_S)
        with (
            TemporaryDirectory() as name,
            Store(Path(name) / "bench.sqlite", clock, "bench") as store,
            asyncio.Runner(loop_factory=lambda: JumpLoop(clock)) as runner,
        ):
            runner.run(self._all(clock, hours * 3600, Path(name), store))

    async def _all(self, clock: JumpClock, seconds: float, folder: Path, store: Store) -> None:
        async with Home(clock, folder) as home, asyncio.TaskGroup() as tasks:
            home.bus.watch(self.told.watch(clock))
            self.began_s = clock.monotonic()
            await self._batteries(home, clock)
            home.start()
            mind = Mind(Config(order=self.order), SiteSettings(), SettingsBook(Config(order=self.order)))
            mind.lead(EPOCH)
            leader = Leader(mind, home.bus.plug("ems-balancer", "bench", clock))
            works = [leader.listen(), leader.tick()]
            works.append(MeterModel(seed=self.seed).run(self.watched, home.bus.plug("ems-p1", "b", clock)))
            if self.ideal is not None:
                works.append(self.ideal.run(self.watched, home.bus.plug("ems-ideal", "b", clock), store))
            running = [tasks.create_task(work) for work in works]
            await clock.sleep(seconds)
            for task in running:
                task.cancel()

    async def _batteries(self, home: Home, clock: Clock) -> None:
        def catch_up() -> float:
            self.watched.advance_to(clock.monotonic() - self.began_s)
            return self.watched.time_s

        linked = (name for name in self.order if self.ideal is None or name != self.ideal.name)
        for number, name in enumerate(linked):
            await home.add(
                name,
                model=MODEL,
                faults=self.faults(),
                battery=self.watched.batteries[name],
                seed=self.seed * 10 + number,
                catch_up=catch_up,
                poll_s=POLL_S,
                max_discharge_w=self.max_discharge_w,
            )


def figures(hours: float = 1.0, seeds: Sequence[int] = (1, 2, 3)) -> Figures:
    """Each experiment with every seed."""
    return {
        "floor_s": floors(),
        "two_marstek": [two(seed, hours) for seed in seeds],
        "two_marstek_tenth_ignored": [two(seed, hours, ignores=0.1) for seed in seeds],
        "unknown_cap": [unknown_cap(seed, hours) for seed in seeds],
        "marstek_first_fast_second": [mixed(seed, hours) for seed in seeds],
    }


def floors() -> Figures:
    """The least times in which anybody could settle."""
    return {"p50": floor_s(PLANT, 0.5, LINK), "p95": floor_s(PLANT, 0.95, LINK)}


def two(seed: int, hours: float, ignores: float = 0.0) -> Figures:
    """Two batteries of 800 W each carry steps of 1.2 kW."""
    steps = random_steps(seed, hours, PER_HOUR, STEP_W)
    rig = _rig(seed, steps, ("garage", "cellar"), faults=lambda: Faults(ignores=ignores))
    rig.run(hours)
    return _judged(rig, steps, hours)


def unknown_cap(seed: int, hours: float) -> Figures:
    """The first battery is said to give 2.5 kW and gives 800 W. When did nobody ask it for more any longer?"""
    steps = [FOUND_OUT, *(step for step in random_steps(seed, hours, PER_HOUR, STEP_W) if step.at_s > FOUND_OUT_BY_S)]
    rig = _rig(seed, steps, ("garage", "cellar"), max_discharge_w=2500)
    rig.watched.batteries["garage"].discharge_cap_w = CAP_W
    rig.run(hours)
    beyond = [at_s for at_s, power_w in rig.told.orders["garage"] if power_w < -CAP_W - 1.5 * PROBE_W]
    return {
        "first_to_last_order_beyond_cap_s": round(beyond[-1] - beyond[0], 1) if beyond else None,
        "until_the_house_was_balanced_s": judge(rig.watched.trace, [FOUND_OUT], BAND_W).settle_worst_s,
        **_judged(rig, steps, hours, after_s=FOUND_OUT_BY_S),
    }


def mixed(seed: int, hours: float) -> Figures:
    """A Marstek first, a fast one second: the quick one carries each step until the slow one has taken over."""
    steps = random_steps(seed, hours, PER_HOUR, 2000.0)
    batteries = {"garage": Battery(SLOW, 50, seed), "fast": Battery(FAST, 50, seed)}
    ideal = IdealBridge(name="fast", told=(0.6, 1000.0), seed=seed)
    rig = LinkedRig(
        house(stepping(steps), batteries, seed),
        ("garage", "fast"),
        seed,
        ideal=ideal,
        max_discharge_w=2500,
    )
    rig.run(hours)
    return asdict(judge(rig.watched.trace, steps, BAND_W, learnt_after_s=LEARNT_S))


def _rig(
    seed: int,
    steps: Sequence[Step],
    order: tuple[str, ...],
    faults: Callable[[], Faults] = Faults,
    max_discharge_w: float = 800.0,
) -> LinkedRig:
    batteries = {name: Battery(SLOW, 50, seed * 10 + number) for number, name in enumerate(order)}
    return LinkedRig(house(stepping(steps), batteries, seed), order, seed, faults, max_discharge_w)


def _judged(rig: LinkedRig, steps: Sequence[Step], hours: float, after_s: float = 60.0) -> Figures:
    """The first minute, in which the bridge gets to know its batteries, is left out."""
    quality = judge(rig.watched.trace, steps, BAND_W, after_s)
    commands = sum(len(told) for told in rig.told.orders.values())
    return {**asdict(quality), "orders_per_h": None, "commands_with_renewals_per_h": commands / hours}

"""How well a dimmer follows recorded sun: the shipping balancer beside an older loop and laws that know the house.

Assumed: a heater of 2.4 kW behind a phase-angle dimmer of whole percentages, which answers after 0.2 to 0.4 s (or as
named) and was told to answer after 0.3 s; 3 kWp of sun recorded at each second, straight lines between; a base load of
300 W with ±10 W of white noise; a meter that tells the mean of each second 0.1 to 0.3 s later, and one on the heater.
Judged: the mean of each second in which the surplus lies in the dimmer's range, 100 to 2,400 W.
"""

import asyncio
import gzip
import itertools
import random
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from common.actuator import Actuator, Place
from common.clock import Clock
from common.contract import AVAILABILITY, INFO, LOAD_STATE
from common.lease import Limits
from common.messaging import Bus
from common.store import Store
from services.balancer.config import Config, DevicePolicy
from services.pzem import dimming
from services.pzem.clamp import Measured
from services.pzem.config import DimmerSettings
from services.pzem.curve import Curve
from services.pzem.states import dimmer_info, load_state
from services.pzem.wire import Reading, Status
from services.replay.older_regulator import MARGIN_W, OlderDimmer, OlderRegulator
from services.simulator.physics import Consumer, DimmedLoad, House, Noise, PlainAppliance, Steps
from services.simulator.physics.house import STEP_S
from services.simulator.physics.load import Profile
from tests.bench.rig import MeterModel, Rig, Trace, Watched

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "pv_plant_us_1s_12h.csv.gz"
PEAK_W, POWER_W, BASE_W, NOISE_W = 3000.0, 2400.0, 300.0, 10.0
SETTINGS = DimmerSettings(topic="regul/vload/ECS", meter="smeter/pzem/ECS", max_power_w=POWER_W)
BANDS_W = (30.0, 60.0)
ANSWERS_S = (0.2, 0.4)
OTHERS_S = ((0.05, 0.15), (0.6, 0.9))
"""Dimmers that are not as they told."""
ACK_S = 0.1
"""The dimmer answers with its status."""
MAINS_V = 231.0
HOUR_S = 3600
CLOUDY_HOURS = 6
LATE_S = (1, 2)
NAME = "heater"
Shares = dict[str, float]


@dataclass(frozen=True)
class Recorded:
    """Sun at each second; straight lines between."""

    powers_w: Sequence[float]

    def at(self, time_s: float) -> float:
        """The last value goes on for ever."""
        second, part = divmod(time_s, 1.0)
        before = self.powers_w[min(int(second), len(self.powers_w) - 1)]
        after = self.powers_w[min(int(second) + 1, len(self.powers_w) - 1)]
        return before + part * (after - before)


def recorded_sun(file: Path = RECORDED, peak_w: float = PEAK_W) -> Recorded:
    """The recorded plant as a roof of that peak. Raises FileNotFoundError where it does not lie beside this tree."""
    with gzip.open(file, "rt") as lines:
        next(lines)
        return Recorded([float(line.split(",")[1]) * peak_w for line in lines])


class SunnyHouse(Watched):
    """A house with a heater behind a dimmer; it writes down the surplus as well."""

    def __init__(self, sun: Profile, seed: int, consumer: Consumer | None = None) -> None:
        self.heater = DimmedLoad(consumer or PlainAppliance(POWER_W))
        super().__init__(Noise(Steps(BASE_W), NOISE_W, seed), sun, {}, {NAME: self.heater})
        self.trace = Trace()
        self.surplus_w: list[float] = []

    def _step(self) -> None:
        super()._step()
        self.surplus_w.append(self.production_w - self.load_w)


@dataclass(frozen=True, kw_only=True)
class DimmerBridge:
    """The shipping quantities over a link without losses: percentages of its curve, states, and when they are told."""

    curve: Curve
    settings: DimmerSettings = SETTINGS
    name: str = NAME
    answers_s: tuple[float, float] = ANSWERS_S
    is_metered: bool = True
    """A meter hangs on the heater alone."""
    seed: int = 0

    async def run(self, house: House, bus: Bus, store: Store) -> None:
        """For ever: pass orders on, tell what flows each second."""
        load = house.switched[self.name]
        assert isinstance(load, DimmedLoad)
        await bus.publish(INFO.at("load", self.name), dimmer_info(self.settings, self.curve))
        await bus.publish(AVAILABILITY.at("load", self.name), "online")
        limits = Limits(0.0, self.curve.max_power_w)
        desk = Actuator(bus, Place("load", self.name), lambda: limits, store)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.run())
            tasks.create_task(self._obey(desk, load, house, bus.clock))
            tasks.create_task(self._tell(load, house, bus))

    async def _obey(self, desk: Actuator, load: DimmedLoad, house: House, clock: Clock) -> None:
        chance, began_s = random.Random(self.seed), clock.monotonic()
        while True:
            await desk.changed.wait()
            desk.changed.clear()
            order = desk.order
            power_w = order.power_w if order and order.power_w is not None else 0.0
            percent = dimming.level(power_w, self.curve, self.settings)
            clock.call_later(chance.uniform(*self.answers_s), partial(self._fire, load, house, percent, clock, began_s))
            await clock.sleep(ACK_S)
            if order is not None:
                await desk.done(order, "applied")

    def _fire(self, load: DimmedLoad, house: House, percent: int, clock: Clock, began_s: float) -> None:
        house.advance_to(clock.monotonic() - began_s)
        load.percent = percent

    async def _tell(self, load: DimmedLoad, house: House, bus: Bus) -> None:
        chance, began_s = random.Random(f"tell {self.seed}"), bus.clock.monotonic()
        async for _ in bus.clock.every(1.0):
            house.advance_to(bus.clock.monotonic() - began_s)
            reading, percent = Reading(round(load.power_w, 1), MAINS_V), load.percent
            await bus.clock.sleep(chance.uniform(0.2, 0.9))
            house.advance_to(bus.clock.monotonic() - began_s)
            measured = Measured(reading, bus.clock.monotonic(), bus.clock.wall_ms()) if self.is_metered else None
            await bus.publish(LOAD_STATE.at(self.name), load_state(Status(percent), measured, self.curve))


CONFIG = Config(order=(NAME,), devices={NAME: DevicePolicy(want="surplus")})


def balanced(sun: Profile, seconds: float, seed: int = 1, answers_s: tuple[float, float] = ANSWERS_S) -> SunnyHouse:
    """The house under the shipping balancer."""
    house = SunnyHouse(sun, seed)
    regulate(house, DimmerBridge(curve=Curve.of_theory(POWER_W), answers_s=answers_s, seed=seed), seconds)
    return house


def regulate(house: SunnyHouse, bridge: DimmerBridge, seconds: float) -> None:
    """Let the shipping balancer regulate a house."""
    with TemporaryDirectory() as folder:
        Rig(house, CONFIG, (bridge,), MeterModel(seed=bridge.seed)).run(seconds, Path(folder))


def older(sun: Profile, seconds: float, *, every_s: int, band_w: float, seed: int = 1) -> SunnyHouse:
    """The house under the older loop, with both of its meters read each second and evaluated so often."""
    house, chance, curve = SunnyHouse(sun, seed), random.Random(seed), Curve.of_theory(POWER_W)
    heater = OlderDimmer(POWER_W)
    loop = OlderRegulator((heater,), margin_w=band_w, balance_w=band_w)
    before_ws, before_wh = 0.0, 0.0
    for second in range(1, round(seconds) + 1):
        house.advance_to(second)
        net_w, before_ws = house.grid_ws - before_ws, house.grid_ws
        production_w, before_wh = (house.produced_wh - before_wh) * 3600, house.produced_wh
        if second % every_s:
            continue
        loop.evaluate(net_w + production_w, production_w)
        percent = curve.percent(heater.power_w)
        house.trace.orders += percent != house.heater.percent
        house.advance_to(second + chance.uniform(0.1, 0.3) + chance.uniform(*ANSWERS_S))
        house.heater.percent = percent
    return house


def per_second_w(powers_w: Sequence[float]) -> list[float]:
    """Means of each second."""
    steps = round(1 / STEP_S)
    return [sum(powers_w[start : start + steps]) / steps for start in range(0, len(powers_w) - steps + 1, steps)]


def perfect_w(surplus_w: Sequence[float], late_s: int) -> list[float]:
    """The grid under a law that knows the surplus of so many seconds ago, and a heater without steps."""
    known_w = [0.0] * late_s + list(surplus_w[: len(surplus_w) - late_s])
    return [min(POWER_W, max(0.0, known)) - surplus for known, surplus in zip(known_w, surplus_w, strict=True)]


def shares(grid_w: Sequence[float], surplus_w: Sequence[float], hours: Collection[int] | None = None) -> Shares:
    """Per cent of the seconds with the surplus in the heater's range in which the grid is near zero."""
    held = [
        abs(grid)
        for second, (grid, surplus) in enumerate(zip(grid_w, surplus_w, strict=True))
        if SETTINGS.min_power_w <= surplus <= POWER_W and (hours is None or second // HOUR_S in hours)
    ]
    return {
        f"within_{band_w:.0f}_w_pct": round(100 * sum(power_w <= band_w for power_w in held) / len(held), 1)
        for band_w in BANDS_W
    }


def cloudiest(sun: Recorded, count: int = CLOUDY_HOURS) -> list[int]:
    """The hours in which the sun changes most from second to second."""
    hours = range(len(sun.powers_w) // HOUR_S)
    spans = {hour: sun.powers_w[hour * HOUR_S : (hour + 1) * HOUR_S] for hour in hours}
    moved_w = {hour: sum(abs(b - a) for a, b in itertools.pairwise(span)) for hour, span in spans.items()}
    return sorted(sorted(hours, key=lambda hour: -moved_w[hour])[:count])


@dataclass(frozen=True)
class Course:
    """One run, in means of each second."""

    grid_w: list[float]
    surplus_w: list[float]
    orders: int

    @classmethod
    def of(cls, house: SunnyHouse) -> Self:
        """What a house has written down."""
        return cls(per_second_w(house.trace.grid_w), per_second_w(house.surplus_w), house.trace.orders)


def _balanced(seconds: int, answers_s: tuple[float, float]) -> Course:
    return Course.of(balanced(recorded_sun(), seconds, answers_s=answers_s))


def _older(seconds: int, every_s: int, band_w: float) -> Course:
    return Course.of(older(recorded_sun(), seconds, every_s=every_s, band_w=band_w))


def figures() -> dict[str, object]:
    """Twelve recorded hours under each program, and what a perfect law would make of the same hours."""
    sun = recorded_sun()
    seconds, cloudy = len(sun.powers_w) - 1, cloudiest(sun)
    with ProcessPoolExecutor(2) as pool:
        begun = {"balancer": pool.submit(_balanced, seconds, ANSWERS_S)}
        begun |= {
            f"balancer, answers in {a:g} to {b:g} s": pool.submit(_balanced, seconds, (a, b)) for a, b in OTHERS_S
        }
        begun["older loop, each reading, no margin"] = pool.submit(_older, seconds, 1, 0.0)
        begun["older loop, each other reading, no margin"] = pool.submit(_older, seconds, 2, 0.0)
        begun["older loop as it ran, each third reading"] = pool.submit(_older, seconds, 3, MARGIN_W)
        courses = {name: each.result() for name, each in begun.items()}
    surplus_w = courses["balancer"].surplus_w
    courses |= {f"perfect, {late_s} s late": Course(perfect_w(surplus_w, late_s), surplus_w, 0) for late_s in LATE_S}
    found = {
        name: {
            "whole": shares(course.grid_w, course.surplus_w),
            "cloudiest_six_hours": shares(course.grid_w, course.surplus_w, cloudy),
            "levels_told_per_h": round(course.orders / seconds * HOUR_S),
        }
        for name, course in courses.items()
    }
    return {**found, "balancer_to_perfect_2_s_late": _ratio(found["balancer"], found["perfect, 2 s late"])}


def _ratio(ours: Mapping[str, object], perfect: Mapping[str, object]) -> dict[str, float]:
    mine, theirs = ours["whole"], perfect["whole"]
    assert isinstance(mine, dict)
    assert isinstance(theirs, dict)
    return {band: round(mine[band] / theirs[band], 3) for band in mine}

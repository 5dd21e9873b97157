"""Houses for experiments: steps at random instants, kettles, hobs; and simpler laws to compare with."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.simulator.physics import Battery, BatteryModel, Noise, Steps
from services.simulator.physics.house import STEP_S
from services.simulator.physics.load import Profile
from tests.bench.judging import Step
from tests.bench.rig import Trace, Watched

NOISE_W = 10.0
BASE_W = 300.0
ENDLESS_WH = 1e9
"""Capacity of a battery whose state of charge shall play no part."""
FAST = BatteryModel(capacity_wh=ENDLESS_WH, dead_time_s=0.6, ramp_w_per_s=1000, standby_w=0)
SLOW = BatteryModel(capacity_wh=ENDLESS_WH, dead_time_s=2.5, ramp_w_per_s=500, standby_w=0)


@dataclass(frozen=True)
class Nothing:
    """No sun."""

    def at(self, time_s: float) -> float:
        """Never any."""
        return 0.0


@dataclass(frozen=True)
class Pulses:
    """A load that is on for `on_s` of each `on_s + off_s`, as a hob or a kettle."""

    power_w: float
    on_s: float
    off_s: float
    begins_s: float = 60.0

    def at(self, time_s: float) -> float:
        """Base load, and the pulse while it is on."""
        on = time_s >= self.begins_s and (time_s - self.begins_s) % (self.on_s + self.off_s) < self.on_s
        return BASE_W + (self.power_w if on else 0.0)


def random_steps(seed: int, hours: float, per_hour: float, step_w: float, apart_s: float = 20.0) -> list[Step]:
    """Up and down by `step_w` at random instants, so many an hour on average, never two within `apart_s`."""
    chance = random.Random(f"steps {seed}")
    steps: list[Step] = []
    at_s = 30.0
    while at_s < hours * 3600 - 30:
        steps.append(Step(at_s, BASE_W if len(steps) % 2 else BASE_W + step_w))
        at_s += apart_s + chance.expovariate(1 / (3600 / per_hour - apart_s))
    return steps


def house(load: Profile, batteries: dict[str, Battery], seed: int, noise_w: float = NOISE_W) -> Watched:
    """A house without sun, written down step by step."""
    watched = Watched(Noise(load, noise_w, seed), Nothing(), batteries)
    watched.trace = Trace()
    return watched


def stepping(steps: Sequence[Step]) -> Steps:
    """The load of those steps."""
    return Steps(BASE_W, [(step.at_s, step.load_w) for step in steps])


Law = Callable[[float], float]
"""A simple law: the mean grid power of the last second in, the next set-point out."""


@dataclass
class NaiveLaw:
    """Gain 1 on what the meter shows now: forgets the orders that are still on their way."""

    setpoint_w: float = 0.0

    def __call__(self, grid_w: float) -> float:
        self.setpoint_w = min(2500.0, max(-2500.0, self.setpoint_w - grid_w))
        return self.setpoint_w


@dataclass
class PiLaw:
    """A PI loop with anti-windup, tuned for this very battery: the best of a grid of gains and times."""

    gain: float = 0.3
    integral_s: float = 0.8
    _sum_w: float = field(default=0.0)

    def __call__(self, grid_w: float) -> float:
        self._sum_w = min(2500.0, max(-2500.0, self._sum_w - self.gain / self.integral_s * grid_w))
        return min(2500.0, max(-2500.0, self._sum_w - self.gain * grid_w))


@dataclass
class KnowingLaw:
    """The limit of any law: it is told what the battery really did, so each reading shows it the house itself."""

    watched: Watched

    def __call__(self, grid_w: float) -> float:
        """A reading tells the mean of the second before the last whole one; so does this, with the same trapezes."""
        per_s, ends = round(1 / STEP_S), math.floor(self.watched.time_s)
        course = [powers[0] for powers in self.watched.trace.batteries_w[max(0, (ends - 1) * per_s - 1) : ends * per_s]]
        return (sum(course) - (course[0] + course[-1]) / 2) / (len(course) - 1) - grid_w


def drive(watched: Watched, battery: str, law: Law, seconds: float, seed: int) -> Trace:
    """Run a house under a simple law: one reading a second, 0.1 to 0.3 s late, an order at each."""
    chance, before_ws, device = random.Random(seed), 0.0, watched.batteries[battery]
    for second in range(1, round(seconds) + 1):
        watched.advance_to(second)
        mean_w, before_ws = watched.grid_ws - before_ws, watched.grid_ws
        at_s = second + chance.uniform(0.1, 0.3)
        watched.advance_to(at_s)
        setpoint_w = round(law(mean_w))
        watched.trace.orders += setpoint_w != device.ordered_w
        device.order(setpoint_w, at_s)
    return watched.trace

"""Houses for experiments: steps at random instants, kettles, hobs; and simpler laws to compare with."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.simulator.physics import Battery, BatteryModel, Noise, Steps
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
    """Up and down by `step_w` at random instants, never two within `apart_s`."""
    chance = random.Random(f"steps {seed}")
    steps: list[Step] = []
    load_w = BASE_W
    for at_s in sorted(chance.uniform(30, hours * 3600 - 30) for _ in range(round(per_hour * hours))):
        if steps and at_s - steps[-1].at_s < apart_s:
            continue
        load_w = BASE_W + step_w if load_w == BASE_W else BASE_W
        steps.append(Step(at_s, load_w))
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
    """A careful PI loop, as many programs have one: K = 0.25, Ti = 4 s, with anti-windup."""

    gain: float = 0.25
    integral_s: float = 4.0
    _sum_w: float = field(default=0.0)

    def __call__(self, grid_w: float) -> float:
        self._sum_w = min(2500.0, max(-2500.0, self._sum_w - self.gain / self.integral_s * grid_w))
        return min(2500.0, max(-2500.0, self._sum_w - self.gain * grid_w))


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

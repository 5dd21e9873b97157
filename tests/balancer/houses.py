"""Houses for experiments in the rig: a load that is told, noise on it, and ideal batteries."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from common.config import SiteSettings
from services.balancer.config import Config
from services.simulator.physics import Battery, BatteryModel, Noise, Steps
from services.simulator.physics.load import Profile
from tests.bench.rig import IdealBridge, MeterModel, Rig, Trace, Watched

FAST = BatteryModel(
    capacity_wh=50_000, max_charge_w=3000, max_discharge_w=3000, dead_time_s=0.6, ramp_w_per_s=1000, floor_pct=0
)
"""Answers like a local battery; so large that an hour does not fill it."""
TRUTH = (0.6, 1000.0)
Changes = Sequence[tuple[float, float]]


def house(load: Profile, batteries: Mapping[str, Battery], sun: Profile | None = None) -> Watched:
    """A house that writes its course down."""
    made = Watched(load, sun or Steps(0.0), batteries)
    made.trace = Trace()
    return made


def noisy(changes: Changes, start_w: float = 200.0, noise_w: float = 10.0, seed: int = 1) -> Profile:
    """A load that changes at these times, with white noise on it."""
    return Noise(Steps(start_w, changes), noise_w, seed)


def one_battery(
    load: Profile,
    *,
    told: tuple[float, float] = TRUTH,
    model: BatteryModel = FAST,
    soc_pct: float = 50,
    ignores: float = 0.0,
    meter: MeterModel | None = None,
    config: Config | None = None,
    site: SiteSettings | None = None,
    seed: int = 1,
) -> Rig:
    """A rig with a single battery called `garage`."""
    return Rig(
        house(load, {"garage": Battery(model, soc_pct, seed)}),
        config or Config(order=("garage",)),
        (IdealBridge(name="garage", told=told, ignores=ignores, seed=seed),),
        meter or MeterModel(seed=seed),
        site or SiteSettings(),
    )


def run(rig: Rig, seconds: float) -> Trace:
    """Let the experiment run in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return rig.run(seconds, Path(folder))

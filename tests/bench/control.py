"""Control quality of the shipping balancer in the simulated house, beside physical floor and simpler laws."""

from pathlib import Path
from tempfile import TemporaryDirectory

from services.balancer.config import Config
from services.simulator.physics import Battery
from tests.bench.experiments import FAST, Law, drive, house, random_steps, stepping
from tests.bench.floor import Plant
from tests.bench.judging import Quality, judge
from tests.bench.rig import IdealBridge, Rig

BAND_W = 50.0
FAST_PLANT = Plant(dead_time_s=0.6, ramp_w_per_s=1000, step_w=2000, band_w=BAND_W)


def fast(seed: int, hours: float, told: tuple[float, float] = (0.6, 1000.0), ignores: float = 0.0) -> Quality:
    """One fast set-point battery, 2 kW steps, 60 an hour."""
    steps = random_steps(seed, hours, 60, 2000)
    rig = _fast_rig(stepping(steps), seed, told, ignores)
    with TemporaryDirectory() as folder:
        return judge(rig.run(hours * 3600, Path(folder)), steps, BAND_W)


def _fast_rig(load: object, seed: int, told: tuple[float, float] = (0.6, 1000.0), ignores: float = 0.0) -> Rig:
    watched = house(load, {"fast": Battery(FAST, 50, seed)}, seed)  # type: ignore[arg-type]  # any profile
    bridge = IdealBridge(name="fast", told=told, ignores=ignores, seed=seed)
    return Rig(watched, Config(order=("fast",)), (bridge,))


def baseline(law: Law, seed: int, hours: float) -> Quality:
    """The same house under a simpler law."""
    steps = random_steps(seed, hours, 60, 2000)
    watched = house(stepping(steps), {"fast": Battery(FAST, 50, seed)}, seed)
    return judge(drive(watched, "fast", law, hours * 3600, seed), steps, BAND_W)

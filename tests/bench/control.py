"""Control quality of the shipping balancer with an ideal battery, beside the physical floor and simpler laws."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from services.balancer.config import Config
from services.simulator.physics import Battery
from services.simulator.physics.load import Profile
from tests.bench.experiments import (
    FAST,
    KnowingLaw,
    Law,
    NaiveLaw,
    PiLaw,
    Pulses,
    drive,
    house,
    random_steps,
    stepping,
)
from tests.bench.floor import Plant, floor_s
from tests.bench.judging import Quality, judge
from tests.bench.rig import IdealBridge, MeterModel, Rig, Trace, Watched

STEP_W = 2000.0
PER_HOUR = 60.0
BAND_W = 50.0
TOLD = (0.6, 1000.0)
PLANT = Plant(dead_time_s=TOLD[0], ramp_w_per_s=TOLD[1], step_w=STEP_W, band_w=BAND_W)
KETTLE = Pulses(power_w=2000, on_s=120, off_s=240)
HOB = Pulses(power_w=1800, on_s=1, off_s=2)
LATE_S = (0.5, 1.0)
Figures = dict[str, object]


def figures(hours: float = 1.0, seeds: Sequence[int] = (1, 2, 3)) -> Figures:
    """Each experiment with every seed; all of them have the same hours."""
    return {
        "floor_s": floors(),
        "steps": [fast(seed, hours) for seed in seeds],
        "steps_limit": [simple(knowing, seed, hours) for seed in seeds],
        "steps_naive_law": [simple(lambda _: NaiveLaw(), seed, hours) for seed in seeds[:1]],
        "steps_pi_loop": [simple(lambda _: PiLaw(), seed, hours) for seed in seeds[:1]],
        "belief_twice_too_slow": [fast(seed, hours, told=(1.2, 500.0)) for seed in seeds],
        "belief_twice_too_fast": [fast(seed, hours, told=(0.3, 2000.0)) for seed in seeds],
        "tenth_of_orders_ignored": [fast(seed, hours, ignores=0.1) for seed in seeds],
        "meter_half_to_one_s_late": [fast(seed, hours, meter=MeterModel(late_s=LATE_S, seed=seed)) for seed in seeds],
        "no_steps": [still(seed, hours) for seed in seeds],
        "kettle": [loaded(KETTLE, seed, hours) for seed in seeds[:1]],
        "kettle_limit": [loaded(KETTLE, seed, hours, knowing) for seed in seeds[:1]],
        "induction_hob": [loaded(HOB, seed, hours) for seed in seeds[:1]],
        "induction_hob_naive_law": [loaded(HOB, seed, hours, lambda _: NaiveLaw()) for seed in seeds[:1]],
    }


def floors() -> Figures:
    """The least times in which anybody could settle."""
    return {"p50": floor_s(PLANT, 0.5), "p95": floor_s(PLANT, 0.95)}


def fast(
    seed: int,
    hours: float,
    told: tuple[float, float] = TOLD,
    ignores: float = 0.0,
    meter: MeterModel | None = None,
) -> Figures:
    """One fast set-point battery, told to be so quick; steps at random instants."""
    steps = random_steps(seed, hours, PER_HOUR, STEP_W)
    bridge = IdealBridge(name="fast", told=told, ignores=ignores, seed=seed)
    return _flat(judge(_balanced(stepping(steps), seed, hours, bridge, meter), steps, BAND_W))


def still(seed: int, hours: float) -> Figures:
    """The same without steps."""
    trace = _balanced(stepping([]), seed, hours, IdealBridge(name="fast", told=TOLD, seed=seed))
    return _flat(judge(trace, [], BAND_W))


def loaded(load: Profile, seed: int, hours: float, law: Callable[[Watched], Law] | None = None) -> Figures:
    """A load that comes and goes; the energy that passed the meter, under our balancer or a simpler law."""
    if law is None:
        trace = _balanced(load, seed, hours, IdealBridge(name="fast", told=TOLD, seed=seed))
    else:
        watched = _watched(load, seed)
        trace = drive(watched, "fast", law(watched), hours * 3600, seed)
    return {"import_and_export_wh_per_h": _passed_wh(trace) / hours, "orders_per_h": trace.orders / hours}


def simple(law: Callable[[Watched], Law], seed: int, hours: float) -> Figures:
    """The same house and steps under a simpler law."""
    steps = random_steps(seed, hours, PER_HOUR, STEP_W)
    watched = _watched(stepping(steps), seed)
    return _flat(judge(drive(watched, "fast", law(watched), hours * 3600, seed), steps, BAND_W))


def knowing(watched: Watched) -> Law:
    """The limit."""
    return KnowingLaw(watched)


def _watched(load: Profile, seed: int) -> Watched:
    return house(load, {"fast": Battery(FAST, 50, seed)}, seed)


def _balanced(load: Profile, seed: int, hours: float, bridge: IdealBridge, meter: MeterModel | None = None) -> Trace:
    rig = Rig(_watched(load, seed), Config(order=("fast",)), (bridge,), meter or MeterModel(seed=seed))
    with TemporaryDirectory() as folder:
        return rig.run(hours * 3600, Path(folder))


def _passed_wh(trace: Trace) -> float:
    """Import and export together."""
    return round(sum(abs(power_w) for power_w in trace.grid_w) * 0.1 / 3600, 2)


def _flat(quality: Quality) -> Figures:
    return asdict(quality)

"""The phases of the connection: what each leaves to batteries and dimmers, and what to loads behind switches."""

from collections.abc import Iterable, Mapping

from services.balancer.bounds import Named
from services.balancer.core.decide import Reading
from services.balancer.core.dosed import Dosed
from services.balancer.loads.headroom import Headroom
from services.balancer.mind import Mind
from services.balancer.rules.connection import VOLTAGE_V, OnPhase, keep_each_phase
from services.balancer.world import Meter


def measured_w(mind: Mind, meter: Meter) -> dict[int, float]:
    """What each phase carries; nothing where there is no fuse to keep, or where the meter does not tell."""
    state = meter.state
    if mind.site.connection_a is None or mind.site.phases == 1 or state is None:
        return {}
    told_w = {1: state.power_l1_w, 2: state.power_l2_w, 3: state.power_l3_w}
    return {phase: power_w for phase, power_w in told_w.items() if power_w is not None}


def bounded(mind: Mind, named: dict[str, Named], phases_w: Mapping[int, float], end_s: float) -> dict[str, Named]:
    """The bounds of every dosed device, narrowed so that no order of ours takes a phase beyond its fuse."""
    if not phases_w:
        return named
    devices = [
        OnPhase(device.id, _phase(mind, device), device.nominal.at(end_s), device.reach) for device in mind.core.devices
    ]
    kept = keep_each_phase(devices, {name: limits.hard for name, limits in named.items()}, phases_w, _fuse_w(mind))
    return {name: limits.on_its_phase(kept[name]) for name, limits in named.items()}


def headroom(mind: Mind, phases_w: Mapping[int, float], whole_w: float, reading: Reading) -> Headroom:
    """What switched loads may draw: `whole_w` together, and on each phase what its fuse leaves.

    A load counts with the most it may have drawn while the meter measured, so that one which has just been switched
    off is not followed by another; a battery that charges makes room, one that gives is not counted on to go on.
    """
    left_w, hidden_w = {}, {}
    for phase, power_w in phases_w.items():
        hidden_w[phase] = _most_w((load for load in mind.core.loads if _phase(mind, load) is None), reading)
        known_w = _most_w((load for load in mind.core.loads if _phase(mind, load) == phase), reading)
        charging = (device.nominal.at(reading.end_s) for device in mind.core.devices if _phase(mind, device) == phase)
        yielding_w = sum(max(0.0, charged_w) for charged_w in charging)
        left_w[phase] = _fuse_w(mind) - power_w + known_w + hidden_w[phase] + yielding_w
    return Headroom(whole_w=whole_w, phases_w=left_w, hidden_w=hidden_w)


def phases_of(mind: Mind, load: str, phases_w: Mapping[int, float]) -> tuple[int, ...]:
    """Where a load hangs: on its phase, or on any of them if its bridge does not tell."""
    device = mind.world.devices.get(load)
    phase = device.info.phase if device is not None and device.info is not None else None
    return tuple(phases_w) if phase is None else (phase,)


def _most_w(loads: Iterable[Dosed], reading: Reading) -> float:
    return sum(load.explanations(reading.start_s, reading.end_s)[2] for load in loads)


def _phase(mind: Mind, device: Dosed) -> int | None:
    info = mind.world.devices[device.id].info
    return info.phase if info else None


def _fuse_w(mind: Mind) -> float:
    return (mind.site.connection_a or 0.0) * VOLTAGE_V

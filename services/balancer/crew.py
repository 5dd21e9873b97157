"""Who takes part in a decision, and as what: dosed devices join the law and leave it; the others say why not. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from common.contract import DeviceInfo
from services.balancer.core.cap import Cap
from services.balancer.core.decide import Core
from services.balancer.core.dosed import Dosed, begin
from services.balancer.core.response import Response
from services.balancer.obedience import Obedience
from services.balancer.world import Device

DEAD_TIME_S = 1.0
RAMP_W_PER_S = 500.0
"""Believed of a device that tells nothing; learnt then."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a device has shown of itself; it brings this along when it comes back."""

    response: Response
    spread: float
    gain: float
    charge_cap: Cap
    discharge_cap: Cap

    @classmethod
    def of(cls, device: Dosed) -> "Learnt":
        """What is known of a device now."""
        return cls(device.response, device.spread, device.gain, device.charge_cap, device.discharge_cap)


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a device of the order is not commanded at the moment."""

    why: str
    is_trouble: bool
    """Worth an alert, as opposed to an owner's wish."""


def absence(device: Device | None, obedience: Obedience, now_s: float) -> Absence | None:
    """Why a device cannot be commanded; None if it can."""
    if device is None:
        return Absence("has never been heard of", is_trouble=True)
    unfit = device.unfit(now_s)
    if unfit is not None or device.info is None:
        return Absence(unfit or "has not told what it can do", is_trouble=True)
    if "power" not in device.info.capabilities or device.info.min_w is None or device.info.max_w is None:
        return Absence("takes no set-points", is_trouble=True)
    if device.control is not None and device.control.mode == "manual":
        return Absence("is controlled by somebody else", is_trouble=False)
    if obedience.trouble is not None:
        return Absence(f"does not obey: {obedience.trouble}", is_trouble=True)
    return None


def line_up(core: Core, present: Sequence[Device], learnt: Mapping[str, Learnt], now_s: float) -> Core:
    """The law's devices after joins and leaves, in the order given. Who returns brings what was learnt before."""
    known = {device.id: device for device in core.devices}
    devices = tuple(
        _updated(known[device.id], device) if device.id in known else _joined(device, learnt.get(device.id), now_s)
        for device in present
    )
    return core if devices == core.devices else replace(core, devices=devices)


def _updated(dosed: Dosed, device: Device) -> Dosed:
    """The same with the limits its bridge tells now."""
    low_w, high_w = _range(device.info)
    return dosed if (dosed.min_w, dosed.max_w) == (low_w, high_w) else replace(dosed, min_w=low_w, max_w=high_w)


def _joined(device: Device, learnt: Learnt | None, now_s: float) -> Dosed:
    info = device.info
    assert info is not None  # absence() lets nobody through without
    low_w, high_w = _range(info)
    response = Response(
        info.dead_time_s if info.dead_time_s is not None else DEAD_TIME_S, info.ramp_w_per_s or RAMP_W_PER_S
    )
    fresh = begin(
        device.id,
        device.power_w or 0.0,
        now_s,
        min_w=low_w,
        max_w=high_w,
        step_w=info.step_w or 1.0,
        refresh_s=info.refresh_s or 0.0,
        response=response,
    )
    if learnt is None:
        return _resumed(fresh, device)
    return _resumed(
        replace(
            fresh,
            response=learnt.response,
            spread=learnt.spread,
            gain=learnt.gain,
            charge_cap=learnt.charge_cap,
            discharge_cap=learnt.discharge_cap,
        ),
        device,
    )


def _resumed(dosed: Dosed, device: Device) -> Dosed:
    """After a restart an order of ours may still be in force: then it is on its way until telemetry proves it."""
    control = device.control
    if control is None or control.mode != "leased" or control.setpoint_w is None:
        return dosed
    return replace(dosed, sent_w=control.setpoint_w, setpoint_w=control.setpoint_w, proven=False)


def _range(info: DeviceInfo | None) -> tuple[float, float]:
    low_w = info.min_w if info and info.min_w is not None else 0.0
    high_w = info.max_w if info and info.max_w is not None else 0.0
    return min(0.0, low_w), max(0.0, high_w)

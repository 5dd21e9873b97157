"""Who takes part in a decision, and as what: dosed devices join the law and leave it; the others say why not. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from common.contract import DeviceInfo, SwitchState
from services.balancer.config import DevicePolicy
from services.balancer.core.cap import Cap
from services.balancer.core.decide import Core
from services.balancer.core.dosed import Dosed, begin
from services.balancer.core.response import Response
from services.balancer.core.steps import Steps
from services.balancer.core.switched import watched
from services.balancer.gate import is_gated
from services.balancer.obedience import Obedience
from services.balancer.world import Device

LOADS = ("switch", "load")
"""Classes of loads in the tree."""
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
    """Words that follow its name."""
    advice: str | None
    """What the owner can do about it; None if that is how he wants it."""

    def of(self, name: str) -> "Absence":
        """The same, naming another device."""
        return replace(self, why=self.why.format(name))


NEVER = Absence("has never been heard of", "Look at its name in the balancer's order, and at its bridge.")
UNSUITED = Absence("takes no set-points", "Take it out of the balancer's order, or give it a bridge that can steer it.")
MEMBER = Absence("is part of {}, which is steered as a whole", "Put that one into the order instead.")
UNWANTED = Absence("is a load without a wish", "Write under balancer.devices what you want of it, e.g. want: surplus.")
NO_LOAD = Absence("is no load that can be steered", "Take want and need off it, or give it a bridge that can steer it.")
LOCKED = Absence("is locked by its owner", None)
MANUAL = Absence("is controlled by somebody else", None)
OWN_WAY = Absence("balances or charges by itself, and takes no set-points now", None)
LOOK_AT_IT = "Look at the alerts of its bridge, and at the device."


def absence(
    device: Device | None, obedience: Obedience, now_s: float, policy: DevicePolicy, *, by_hand: bool = False
) -> Absence | None:
    """Why a device cannot be commanded; None if it can. `by_hand`: a load's day in somebody's hand is not over yet."""
    if device is None:
        return NEVER
    theirs = _is_in_other_hands(device, is_respected=by_hand or policy.want is None)
    if (barred := theirs or _unsuited(device, policy)) is not None:
        return barred
    why = device.unfit(now_s) or obedience.trouble
    return Absence(why, LOOK_AT_IT) if why else None


def _is_in_other_hands(device: Device, *, is_respected: bool) -> Absence | None:
    """Whether somebody else has the word; a hand at a load only until its day is over."""
    if device.control is not None and device.control.mode == "manual" and is_respected:
        return MANUAL
    return LOCKED if isinstance(device.state, SwitchState) and device.state.locked else None


def _unsuited(device: Device, policy: DevicePolicy) -> Absence | None:
    """Why it is not the kind of device that its place in the order asks for; None while it has not said what it is."""
    info = device.info
    if info is None:
        return None
    if info.member_of is not None:
        return MEMBER.of(info.member_of)
    is_load = device.kind in LOADS
    if policy.want is not None:
        return None if is_load and (is_switched(device) or _takes_set_points(info)) else NO_LOAD
    if is_load:
        return UNWANTED
    if _takes_set_points(info) or is_gated(device, policy):
        return None
    return OWN_WAY if takes_reserves(info) else UNSUITED


def is_switched(device: Device) -> bool:
    """Whether it is a load that is on or off; one that takes set-points is dosed instead."""
    info = device.info
    return (
        device.kind in LOADS and info is not None and "switch" in info.capabilities and "power" not in info.capabilities
    )


def _takes_set_points(info: DeviceInfo) -> bool:
    return "power" in info.capabilities and info.min_w is not None and info.max_w is not None


def takes_reserves(info: DeviceInfo) -> bool:
    """Whether a battery can be told what it is to hold."""
    return "reserve" in info.capabilities


def watch_switches(core: Core, switched: Sequence[Device], believed_w: Mapping[str, float], now_s: float) -> Core:
    """The law's switched loads after joins and leaves. `believed_w`: what those draw that nothing measures."""
    loads = tuple(
        core.tracked(device.id) or watched(device.id, _drawn_w(device, believed_w), now_s) for device in switched
    )
    return core if loads == core.loads else replace(core, loads=loads)


def _drawn_w(device: Device, believed_w: Mapping[str, float]) -> float:
    if device.power_w is not None:
        return device.power_w
    return believed_w.get(device.id, 0.0) if isinstance(device.state, SwitchState) and device.state.on else 0.0


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
    low_w, high_w = device.range_w[:2]
    return dosed if (dosed.min_w, dosed.max_w) == (low_w, high_w) else replace(dosed, min_w=low_w, max_w=high_w)


def _joined(device: Device, learnt: Learnt | None, now_s: float) -> Dosed:
    info = device.info
    assert info is not None  # absence() lets nobody through without
    low_w, high_w = device.range_w[:2]
    response = Response(
        info.dead_time_s if info.dead_time_s is not None else DEAD_TIME_S, info.ramp_w_per_s or RAMP_W_PER_S
    )
    fresh = begin(
        device.id,
        device.power_w or 0.0,
        now_s,
        min_w=low_w,
        max_w=high_w,
        steps=Steps(info.step_w or 1.0, info.levels_w),
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

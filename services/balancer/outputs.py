"""The outputs of a rotation: who asks for heat, who is or may be on, and who can be told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from common.contract import DeviceInfo, SwitchState
from services.balancer.crew import LOCKED, LOOK_AT_IT, MANUAL, MEMBER, NEVER, NO_LOAD, Absence
from services.balancer.desk import Desk
from services.balancer.dispatch import Standing
from services.balancer.groups import Member, RotationGroup
from services.balancer.loads.rated import Rated
from services.balancer.loads.thermostat import asks
from services.balancer.mind import Mind
from services.balancer.obedience import Obedience
from services.balancer.rotation.claim import Claim
from services.balancer.world import Device

OVERDRAW = 1.2
"""Radiators draw up to a fifth more than rated (240 V instead of 220 V); so much is kept free until it is measured."""
PATIENCE_S = 10.0
"""Told to be off for so long and not confirmed: it keeps its part of the limit."""
SETTLING_S = 3.0
"""So long after an order nobody is blamed for how it stands."""
HEATS: Final = "comfort"
"""The order on a pilot wire that lets a radiator heat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output, as it stands now."""

    claim: Claim
    is_on: bool
    """On, or not confirmed to be off."""
    missing: Absence | None
    """Why it cannot be told anything now."""
    silent: tuple[str, ...] = ()
    """Thermostats of it that say nothing."""


def look_at(mind: Mind, group: RotationGroup, desk: Desk, now_s: float) -> list[Output]:
    """Every output of a group. While nothing may be commanded, whoever has the turn is taken to be on."""
    return [_output(mind, group, desk, name, now_s) for name in group.outputs]


class _Facts(NamedTuple):
    """What is known of one output before it is judged."""

    name: str
    device: Device | None
    entries: tuple[Member, ...]
    wishes: tuple[bool | None, ...]
    """Of each entry; None: nobody knows."""
    missing: Absence | None
    is_on: bool
    told_on: bool
    held_s: float
    """How long it has been told so."""


def _output(mind: Mind, group: RotationGroup, desk: Desk, name: str, now_s: float) -> Output:
    facts = _facts(mind, group, desk, name, now_s)
    boosted, is_home = mind.book.boosted(name), not mind.book.away
    claim = Claim(
        id=name,
        power_w=_power_w(facts.entries, desk.told.rated.get(name)),
        phase=_phase(group, facts.entries, facts.device),
        weight=_weight(facts, boosted=boosted),
        wants=is_home and any(facts.wishes),
        boosted=is_home and boosted,
        protected=any(entry.protected for entry in facts.entries),
        is_stuck=mind.commands and _is_stuck(facts),
        is_bound=is_home and _is_bound(facts),
        may_start=_may_start(facts),
    )
    return Output(claim=claim, is_on=facts.is_on, missing=facts.missing, silent=_silent(facts))


def _weight(facts: _Facts, *, boosted: bool) -> float:
    """Of all entries that ask."""
    pairs = zip(facts.entries, facts.wishes, strict=True)
    asking = [entry for entry, wish in pairs if wish or boosted]
    return sum(entry.weight for entry in asking or facts.entries)


def _silent(facts: _Facts) -> tuple[str, ...]:
    pairs = zip(facts.entries, facts.wishes, strict=True)
    return tuple(entry.request for entry, wish in pairs if entry.request and wish is None)


def _facts(mind: Mind, group: RotationGroup, desk: Desk, name: str, now_s: float) -> _Facts:
    device, entries, told = mind.world.devices.get(name), group.entries(name), desk.told
    has_turn = name in desk.turns.ledger.live
    is_on = counts_as_on(device, mind.standing.get(name), now_s) if mind.commands else has_turn
    if device is not None and device.state is not None:
        told.stands.setdefault(name, (is_on, 0.0))  # for long, as far as anybody knows
    told_on, held_s = told.held(name, now_s)
    wishes = tuple(_wish(mind, entry, now_s, heats=told_on) for entry in entries)
    return _Facts(name, device, entries, wishes, _missing(mind, name, device, now_s), is_on, told_on, held_s)


def _is_stuck(facts: _Facts) -> bool:
    """On or maybe on, and out of our hands."""
    is_late = not facts.told_on and facts.held_s > PATIENCE_S
    return facts.is_on and (is_late or facts.missing is not None)


def _is_bound(facts: _Facts) -> bool:
    least_s = max(entry.min_on_s for entry in facts.entries)
    return facts.is_on and facts.told_on and facts.held_s < least_s


def _may_start(facts: _Facts) -> bool:
    least_s = max(entry.min_off_s for entry in facts.entries)
    return facts.missing is None and (facts.told_on or facts.held_s >= least_s)


def counts_as_on(device: Device | None, standing: Standing | None, now_s: float) -> bool:
    """Whether it is on or may be. Only what says itself that it is off, or falls off by itself, is not."""
    if standing is not None and standing.is_in_force(now_s) and is_told_on(standing):
        return True
    if device is None or not isinstance(device.state, SwitchState) or device.state.on:
        return True
    safe_state = device.info.safe_state if device.info else None
    return device.unfit(now_s) is not None and safe_state == "on"


def is_told_on(standing: Standing) -> bool:
    """Whether an order lets it heat."""
    return standing.target.on is True or standing.target.mode == HEATS


def is_pilot_wire(device: Device | None) -> bool:
    """Whether it takes the orders of a pilot wire, instead of on and off."""
    return device is not None and device.info is not None and HEATS in device.info.modes


def output_measured(mind: Mind, before: Device, device: Device) -> None:
    """An output has told its state; `before` is what was known until then."""
    state, at_s, name = device.state, device.state_s, device.id
    if not isinstance(state, SwitchState) or at_s is None:
        return
    told = _desk_of(mind, name).told
    was_on = before.state.on if isinstance(before.state, SwitchState) else None
    mind.heat_is_due |= state.on is not was_on
    if was_on and not state.on:
        told.confirmed_s[name] = at_s
    if state.power_w is not None:
        told.rated[name] = told.rated.get(name, Rated()).measured(state.power_w, state.on, at_s)
    standing, manners = mind.standing.get(name), mind.manners.get(name, Obedience())
    if standing is None or not standing.is_in_force(at_s):
        mind.manners[name] = manners.unordered()
    elif told.held(name, at_s)[1] > SETTLING_S:
        mind.manners[name] = manners.seen_switch(state.on, is_told_on(standing), at_s)


def _desk_of(mind: Mind, output: str) -> Desk:
    group = next(name for name, group in mind.config.rotations().items() if output in group.outputs)
    return mind.rotations.setdefault(group, Desk())


def _missing(mind: Mind, name: str, device: Device | None, now_s: float) -> Absence | None:
    standing = mind.standing.get(name)
    manners = mind.manners.get(name, Obedience()).looked_at(now_s, standing.ttl_s if standing else inf)
    mind.manners[name] = manners
    if device is None or device.info is None:
        return NEVER
    if (unsuited := _unsuited(device.info)) is not None:
        return unsuited
    if device.control is not None and device.control.mode == "manual":
        return MANUAL
    if isinstance(device.state, SwitchState) and device.state.locked:
        return LOCKED
    why = device.unfit(now_s) or manners.trouble
    return Absence(why, LOOK_AT_IT) if why else None


def _unsuited(info: DeviceInfo) -> Absence | None:
    if info.member_of is not None:
        return MEMBER.of(info.member_of)
    return None if HEATS in info.modes or "switch" in info.capabilities else NO_LOAD


def _wish(mind: Mind, entry: Member, now_s: float, *, heats: bool) -> bool | None:
    """Whether one entry asks for heat: a person's word beats the thermostat's. None: nobody knows, so it does not."""
    by_hand = mind.book.heat(entry.output)
    if by_hand is not None or entry.request is None:
        return bool(by_hand)
    request = mind.world.requests.get(entry.request)
    if request is None or not request.is_fresh(now_s):
        return None
    told = request.state
    return asks(told.on, told.target_c, told.current_c, heats=heats)


def _power_w(entries: tuple[Member, ...], rated: Rated | None) -> float:
    told_w = max(entry.power_w for entry in entries)
    if rated is None or rated.power_w is None:
        return told_w * OVERDRAW
    return max(told_w, rated.power_w)


def _phase(group: RotationGroup, entries: tuple[Member, ...], device: Device | None) -> int | None:
    told: Mapping[int, None] = dict.fromkeys(entry.phase for entry in entries if entry.phase)
    return next(iter(told), group.phase) or (device.info.phase if device and device.info else None)

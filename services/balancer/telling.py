"""What is said about a decision: the house in one message, each device in one of its own."""

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

from common.contract import BalancerState, Decision
from services.balancer import words
from services.balancer.dispatch import Target
from services.balancer.gate import RULE as GATE_RULE
from services.balancer.loads.need import ROW_H
from services.balancer.mind import Mind
from services.balancer.sharing import loads_w
from services.balancer.switchboard import LoadTurn
from services.balancer.thought import Thought

TOLD_WH = 100
"""What is still to come is told in such steps, so that not every reading says something new."""


class Verdict(NamedTuple):
    """What one device is to do, and why."""

    rule: str
    reason: str
    target_w: float | None = None
    mode: str | None = None
    bound_by: str | None = None


def tell(mind: Mind, thought: Thought) -> tuple[BalancerState, dict[str, Decision]]:
    """The house and each device that may be commanded, in words and in machine form."""
    outcome = thought.outcome
    state = BalancerState(
        mode=mind.book.mode,
        dry_run=mind.book.dry_run,
        grid_w=_round(thought.reading.grid_w),
        rest_w=_round(outcome.rest_w),
        room_w=_round(outcome.room.room_w),
        target_grid_w=mind.book.target_grid_w,
        devices_w=_round(sum(outcome.wishes.values())),
        loads_w=_round(loads_w(thought.loads)) if thought.loads else None,
        car_w=_round(thought.car.power_w) if thought.car else None,
        grid_meter=thought.meter.id,
        grid_ts_ms=thought.measured_ms,
        missing=", ".join(f"{name} ({absence.why})" for name, absence in mind.absent.items()),
        sentence=_house(mind, thought),
    )
    return state, {name: _decision(mind, thought, name) for name in mind.config.commanded()}


def _house(mind: Mind, thought: Thought) -> str:
    if mind.book.mode == "off":
        return words.OFF
    room = thought.outcome.room
    purpose = words.why(room.rule, mind.book.target_grid_w)
    said = words.house_sentence(thought.reading.grid_w, tuple(_actions(mind, thought)), purpose, room.bound_by)
    return f"{said} {words.DRY_RUN}" if mind.book.dry_run else said


def _actions(mind: Mind, thought: Thought) -> Iterator[str]:
    """What everybody who is not at rest does."""
    for name in mind.places:
        action = _load_does(thought, name) if name in mind.config.loads else _battery_does(thought, name)
        if action is not None:
            yield f"{name} {action}"


def _load_does(thought: Thought, name: str) -> str | None:
    if name in thought.loads:
        return "is on" if thought.loads[name].grant.on else None
    wish_w = thought.outcome.wishes.get(name, 0.0)
    return f"takes {words.watts(wish_w)}" if abs(wish_w) >= 1 else None


def _battery_does(thought: Thought, name: str) -> str | None:
    target, wish_w = thought.targets.get(name), thought.outcome.wishes.get(name)
    if wish_w is not None and abs(wish_w) >= 1:
        return words.doing(wish_w)
    if target is not None and target.mode is not None:
        return "follows the meter by itself"
    return words.doing(target.power_w) if target is not None and wish_w is None and target.power_w else None


def _decision(mind: Mind, thought: Thought, name: str) -> Decision:
    device = mind.world.devices.get(name)
    age_s = thought.reading.at_s - device.state_s if device and device.state_s is not None else None
    dosed = mind.core.tracked(name)
    believed_w = dosed.nominal.at(thought.reading.end_s) if dosed else device.power_w if device else None
    verdict, reserve = _verdict(mind, thought, name), mind.tariff.reserve_of(name)
    return Decision(
        target_w=verdict.target_w,
        mode=verdict.mode,
        rule=verdict.rule,
        bound_by=verdict.bound_by,
        reason=f"dry run: {verdict.reason}" if mind.book.dry_run else verdict.reason,
        power_w=_round(believed_w),
        soc_pct=device.soc_pct if device else None,
        charge_target_pct=reserve.charge_target_pct if reserve else None,
        min_soc_pct=reserve.min_soc_pct if reserve else None,
        input_age_ms=None if age_s is None else max(0, round(age_s * 1000)),
        taken_wh=round(book.stored.energy_wh) if (book := mind.switchboard.book(name)).stored.day is not None else None,
    )


def _verdict(mind: Mind, thought: Thought, name: str) -> Verdict:
    target = thought.targets.get(name)
    if name in thought.loads:
        return _warmed(mind, name, _switched(thought.loads[name]))
    if target is not None:
        return _dosed(mind, thought, name) if name in thought.outcome.wishes else _followed(mind, target)
    if name in mind.absent:
        return Verdict("absent", f"left alone: it {mind.absent[name].why}")
    rule = "off" if mind.book.mode == "off" else "unlisted" if name not in mind.places else "waiting"
    return Verdict(rule, words.LEFT_ALONE[rule])


def _switched(turn: LoadTurn) -> Verdict:
    """A load that is on or off."""
    on, rule, _ = turn.grant
    starts_in_s = min(turn.rows) * ROW_H * 3600 if turn.rows else None
    reason = words.load_sentence(rule, turn.rated_w, starts_in_s)
    return Verdict(rule, reason, round(turn.power_w, 1) if on else 0.0, bound_by=words.BOUND.get(rule))


def _warmed(mind: Mind, name: str, verdict: Verdict) -> Verdict:
    """A water heater that is filled: how much is still to come."""
    if verdict.rule != "hot_water":
        return verdict
    owed_wh = TOLD_WH * ceil(mind.switchboard.book(name).warmth.owed_wh / TOLD_WH)
    return verdict._replace(reason=f"{verdict.reason}: {owed_wh:,.0f} Wh to go")


def _dosed(mind: Mind, thought: Thought, name: str) -> Verdict:
    """A device that the law doses: bound by a limit of its own, or by what bound the whole house."""
    wish_w, room = thought.outcome.wishes[name], thought.outcome.room
    bound_by = thought.named[name].binding(wish_w, room.room_w) or room.bound_by
    if name in thought.dimmers:
        duty = thought.dimmers[name]
        rule = None if duty.must is None else duty.rule
        said = words.dimmed_sentence(wish_w, rule, bound_by)
        return _warmed(mind, name, Verdict(rule or room.rule, said, wish_w, bound_by=bound_by))
    purpose = words.why(room.rule, mind.book.target_grid_w)
    return Verdict(room.rule, words.device_sentence(wish_w, room.room_w, purpose, bound_by), wish_w, bound_by=bound_by)


def _followed(mind: Mind, target: Target) -> Verdict:
    """A battery of the team, one that balances by itself, or the car."""
    if target.rule == GATE_RULE:
        return Verdict(target.rule, words.GATE[target.mode or "standby"], mode=target.mode)
    team = mind.team.team
    reasons = {
        "leads": f"follows the meter by itself: {team.reason}",
        "helps": f"{words.doing(target.power_w or 0.0)} to help {team.leader}",
        "parked": f"rests: {team.leader} carries the house alone" if team.leader else f"rests: {team.reason}",
    }
    reason = reasons.get(target.rule) or words.CAR.get(target.rule, target.rule)
    return Verdict(target.rule, reason, target.power_w, target.mode)


def _round(value: float | None) -> float | None:
    """Tenths of a watt are enough for people, and keep the messages small."""
    return None if value is None else round(value, 1)

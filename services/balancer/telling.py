"""What is published about a decision: the house in one message, each device in one of its own."""

from typing import NamedTuple

from common.contract import BalancerState, Decision
from services.balancer import words
from services.balancer.dispatch import Target
from services.balancer.mind import Mind
from services.balancer.thought import Thought


class Verdict(NamedTuple):
    """What one device is to do, and why."""

    rule: str
    reason: str
    target_w: float | None = None
    mode: str | None = None
    bound_by: str | None = None


def tell(mind: Mind, thought: Thought) -> tuple[BalancerState, dict[str, Decision]]:
    """The house and each device of the order, in words and in machine form."""
    outcome = thought.outcome
    state = BalancerState(
        mode=mind.book.mode,
        dry_run=mind.book.dry_run,
        grid_w=_round(thought.reading.grid_w),
        rest_w=_round(outcome.rest_w),
        room_w=_round(outcome.room.room_w),
        target_grid_w=mind.book.target_grid_w,
        devices_w=_round(sum(outcome.wishes.values())),
        car_w=_round(thought.car.power_w) if thought.car else None,
        grid_meter=thought.meter.id,
        grid_ts_ms=thought.measured_ms,
        missing=", ".join(f"{name} ({absence.why})" for name, absence in mind.absent.items()),
        sentence=_house(mind, thought),
    )
    return state, {name: _decision(mind, thought, name) for name in mind.places}


def _house(mind: Mind, thought: Thought) -> str:
    if mind.book.mode == "off":
        return "Switched off: every device looks after itself."
    outcome, room = thought.outcome, thought.outcome.room
    said = words.house_sentence(thought.reading.grid_w, outcome.wishes, room.rule, room.bound_by)
    leader = f" {mind.team.team.leader} follows its own meter." if thought.pool and mind.team.team.leader else ""
    return said + leader + (" Dry run: nothing is commanded." if mind.book.dry_run else "")


def _decision(mind: Mind, thought: Thought, name: str) -> Decision:
    device = mind.world.devices.get(name)
    dosed = mind.core.device(name)
    age_s = thought.reading.at_s - device.state_s if device and device.state_s is not None else None
    believed_w = dosed.nominal.at(thought.reading.end_s) if dosed else device.power_w if device else None
    verdict = _verdict(mind, thought, name)
    return Decision(
        target_w=verdict.target_w,
        mode=verdict.mode,
        rule=verdict.rule,
        bound_by=verdict.bound_by,
        reason=verdict.reason,
        power_w=_round(believed_w),
        soc_pct=device.soc_pct if device else None,
        input_age_ms=None if age_s is None else max(0, round(age_s * 1000)),
    )


def _verdict(mind: Mind, thought: Thought, name: str) -> Verdict:
    target = thought.targets.get(name)
    if target is None:
        absent = mind.absent.get(name)
        if absent is not None:
            return Verdict("absent", f"left alone: it {absent.why}")
        return Verdict("off", "the balancer is switched off")
    return _dosed(thought, name) if name in thought.outcome.wishes else _followed(mind, target)


def _dosed(thought: Thought, name: str) -> Verdict:
    """A device that the law doses: bound by a limit of its own, its phase, or what bound the whole house."""
    wish_w, room = thought.outcome.wishes[name], thought.outcome.room
    bound_by = thought.named[name].binding(wish_w) if abs(room.room_w - wish_w) > 1 else room.bound_by
    if bound_by is None and name in thought.narrowed:
        bound_by = "phase"
    return Verdict(room.rule, words.device_sentence(wish_w, room.rule, bound_by), wish_w, None, bound_by)


def _followed(mind: Mind, target: Target) -> Verdict:
    """A battery of the team, or the car."""
    team = mind.team.team
    reasons = {
        "leads": f"follows its own meter: {team.reason}",
        "helps": f"helps {team.leader}",
        "parked": f"rests: {team.leader or 'nobody'} carries the house alone",
    }
    return Verdict(
        target.rule, reasons.get(target.rule, words.CAR.get(target.rule, target.rule)), target.power_w, target.mode
    )


def _round(value: float | None) -> float | None:
    """Tenths of a watt are enough for people, and keep the messages small."""
    return None if value is None else round(value, 1)

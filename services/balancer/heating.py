"""Rotations: at each reading, each wish and each second, who of the radiators heats, and what they are told. Pure.

They are no business of the law that doses batteries: to it they are a part of the house. They go on without a grid
meter, as far as their limit does.
"""

from collections.abc import Sequence
from typing import NamedTuple

from common.contract import Decision, GroupState
from common.contract.devices import Mode
from services.balancer.desk import Desk
from services.balancer.dispatch import Target, dispatch
from services.balancer.groups import RotationGroup
from services.balancer.headroom import Scene, limit_of
from services.balancer.hearing import meter_in_use
from services.balancer.heat_telling import Seen, tell_group, tell_output
from services.balancer.mind import Mind, Order
from services.balancer.ordering import ttls_s
from services.balancer.outputs import HEATS, Output, is_pilot_wire, look_at
from services.balancer.rotation.claim import Limit
from services.balancer.rotation.turns import Look
from services.balancer.world import Device

EARLY_S = 15.0
"""After a start what is retained has been heard by then."""
RESTS: tuple[Mode, ...] = ("frost_free", "off", "eco")


class Heat(NamedTuple):
    """What one look led to: what to send, and what to tell."""

    orders: tuple[Order, ...]
    groups: dict[str, GroupState]
    decisions: dict[str, Decision]
    switched: tuple[str, ...]
    """Outputs that are told something else than before."""


def heat(mind: Mind, now_ms: int) -> Heat:
    """Look at every rotation. Orders leave for what is new, and for what is due for renewal."""
    now_s, mind.heat_is_due = mind.world.line.at_s(now_ms), False
    told = Heat((), {}, {}, ())
    targets: dict[str, Target] = {}
    for name, group in mind.config.rotations().items():
        if (seen := _look(mind, name, group, now_s)) is None:
            continue
        mine = _targets(mind, seen) if name in mind.book.order else {}
        switched = tuple(output for output in mine if seen.desk.told.tell(output, output in seen.told_on, now_s))
        told.groups[name] = tell_group(mind, seen)
        told.decisions.update({output.claim.id: tell_output(mind, seen, output) for output in seen.outputs})
        told = told._replace(switched=(*told.switched, *switched))
        targets |= mine
    wanted = targets if mind.commands else {}
    sends = dispatch(wanted, mind.standing_of(rotated=True), ttls_s(mind, wanted), now_s) if mind.epoch else ()
    return told._replace(orders=tuple(mind.command(send, now_ms) for send in list(sends)))


def _is_early(mind: Mind, desk: Desk, group: RotationGroup, now_s: float) -> bool:
    """After a restart nobody takes the place of one that had the turn and has only not been heard yet.

    What is too much, and who is away, do not wait for that.
    """
    desk.since_s = now_s if desk.since_s is None else desk.since_s
    if now_s - desk.since_s >= EARLY_S or desk.room.is_overloaded or mind.book.away:
        return False
    return not all(_is_heard(mind, group, output) for output in desk.kept)


def _is_heard(mind: Mind, group: RotationGroup, output: str) -> bool:
    """Whether a radiator and the thermostats that ask for it have said anything."""
    device = mind.world.devices.get(output)
    wishes = {entry.request for entry in group.entries(output) if entry.request is not None}
    return device is not None and None not in (device.info, device.state) and wishes <= mind.world.requests.keys()


def _look(mind: Mind, name: str, group: RotationGroup, now_s: float) -> Seen | None:
    """One group: who asks, how much may be on, whose turn it is. None: too early to tell."""
    desk = mind.rotations.setdefault(name, Desk())
    outputs = look_at(mind, group, desk, now_s)
    scene = _scene(mind, group, desk, outputs, now_s)
    limit = limit_of(mind, desk.room, scene) if name in mind.book.order else Limit(active=0)
    if _is_early(mind, desk, group, now_s):
        return None
    on = frozenset(output.claim.id for output in outputs if output.is_on)
    only = desk.told.told_on() if desk.room.is_overloaded else None
    look = Look(claims=scene.claims, on=on, limit=limit, turn_s=group.step_s, now_s=now_s, only=only)
    desk.turns, outcome = desk.turns.go_round(look)
    desk.waiting = outcome.refused
    _note_troubles(desk, outputs)
    return Seen(name, group, desk, outputs, limit, outcome.live, outcome.told_on if mind.commands else outcome.live)


def _scene(mind: Mind, group: RotationGroup, desk: Desk, outputs: Sequence[Output], now_s: float) -> Scene:
    meter_id = meter_in_use(mind, now_s)
    powers_w = {output.claim.id: output.claim.power_w for output in outputs}
    return Scene(
        group=group,
        outputs=outputs,
        told=desk.told,
        meter=mind.world.meter(meter_id) if meter_id else None,
        next_w=[powers_w[output] for output in desk.waiting],
        now_s=now_s,
    )


def _note_troubles(desk: Desk, outputs: Sequence[Output]) -> None:
    """For the alerts."""
    desk.missing = {output.claim.id: output.missing for output in outputs if output.missing is not None}
    desk.stuck = frozenset(output.claim.id for output in outputs if output.claim.is_stuck and output.missing is None)
    desk.silent = frozenset(request for output in outputs for request in output.silent)


def _targets(mind: Mind, seen: Seen) -> dict[str, Target]:
    """What every output that can be told anything is to do until further notice."""
    return {
        output.claim.id: _target(mind, seen, output.claim.id, on=output.claim.id in seen.told_on)
        for output in seen.outputs
        if output.missing is None
    }


def _target(mind: Mind, seen: Seen, name: str, *, on: bool) -> Target:
    rule = "turn" if on else "rest"
    device = mind.world.devices[name]
    if not is_pilot_wire(device):
        return Target(action="switch", on=on, rule=rule)
    entry = seen.group.entries(name)[0]
    return Target(
        action="set_mode", mode=HEATS if on else _rest(device, entry.away if mind.book.away else entry.rest), rule=rule
    )


def _rest(device: Device, wanted: Mode) -> Mode:
    """The order of a radiator at rest, or the nearest that its pilot wire knows."""
    known = device.info.modes if device.info else ()
    return next((mode for mode in (wanted, *RESTS) if mode in known), "off")

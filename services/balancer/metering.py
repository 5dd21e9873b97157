"""What a measurement of a load changes: what it holds, what it draws, and whether it does what it was told."""

from dataclasses import replace

from common.contract import Control, LoadState, SwitchState
from services.balancer.core.cap import NOTHING_W
from services.balancer.core.proof import LIMIT_W
from services.balancer.core.switched import measured_switch
from services.balancer.loads.stored import Sample
from services.balancer.mind import Mind
from services.balancer.obedience import Obedience
from services.balancer.switchboard import known_w, rated_w
from services.balancer.world import Device

AGE_S = 1.2
"""A sample was taken up to so long before its time stamp."""
SETTLING_S = 3.0
"""So long after an order nobody is blamed for how the switch stands."""


def load_measured(mind: Mind, before: Device, device: Device) -> None:
    """A load has told its state; `before` is what was known until then."""
    if mind.config.policy(device.id).want is None or device.state_s is None:
        return
    if isinstance(device.state, SwitchState):
        _switch(mind, before, device, device.state, device.state_s)
    elif isinstance(device.state, LoadState):
        _dimmer(mind, device, device.state, device.state_s)


def hand_moved(mind: Mind, before: Device, control: Control) -> None:
    """The bridge of a load says that somebody's hand rules from now on, or no longer."""
    was = before.control is not None and before.control.mode == "manual"
    now = control.mode == "manual"
    if mind.config.policy(before.id).want is not None and was != now:
        book = mind.switchboard.book(before.id)
        mind.switchboard.books[before.id] = replace(book, by_hand=now)


def _switch(mind: Mind, before: Device, device: Device, state: SwitchState, at_s: float) -> None:
    book, policy = mind.switchboard.book(device.id), mind.config.policy(device.id)
    book = replace(book, told_w=device.info.max_w if device.info else None)
    power_w = state.power_w if state.power_w is not None else rated_w(policy, book) * state.on
    sample = Sample(at_s, state.on, state.power_w, state.energy_import_wh)
    book = book.measured(sample, known_w(policy, book) or 0.0)
    wanted = _wanted(mind, device.id, at_s)
    if wanted is None:
        book = book.followed(state.on, at_s)
    elif not wanted and state.on and _stood_off(mind, before, device.id):
        book = book.taken_in_hand(at_s)
    mind.switchboard.books[device.id] = book
    _compare(mind, device.id, state.on, wanted, at_s)
    load = mind.core.tracked(device.id)
    if load is not None:
        obeys = None if wanted is None else state.on == wanted
        mind.core = mind.core.with_tracked(measured_switch(load, power_w, obeys, at_s, AGE_S))


def _wanted(mind: Mind, name: str, at_s: float) -> bool | None:
    """How the order in force wants the switch; None if there is none."""
    standing = mind.standing.get(name)
    return standing.target.on if standing is not None and standing.is_in_force(at_s) else None


def _stood_off(mind: Mind, before: Device, name: str) -> bool:
    """Whether it was seen to be off after the order to be off: then somebody has switched it on since."""
    load = mind.core.tracked(name)
    known = isinstance(before.state, SwitchState) and not before.state.on
    return known and load is not None and before.state_s is not None and before.state_s > load.sent_at_s


def _compare(mind: Mind, name: str, on: bool, wanted: bool | None, at_s: float) -> None:
    manners, load = mind.manners.get(name, Obedience()), mind.core.tracked(name)
    if wanted is None:
        mind.manners[name] = manners.unordered()
    elif load is not None and at_s - load.sent_at_s > SETTLING_S:
        mind.manners[name] = manners.seen_switch(on, wanted, at_s)


def believed_w(mind: Mind, name: str, state: LoadState, at_s: float) -> float | None:
    """What a dimmed load draws: as measured; else nothing at 0 %, and what it was told once it has confirmed that."""
    if state.power_w is not None or state.level_pct is None:
        return state.power_w
    standing, dosed = mind.standing.get(name), mind.core.device(name)
    if state.level_pct == 0:
        return 0.0
    is_settled = dosed is not None and dosed.awaiting is None and standing is not None and standing.is_in_force(at_s)
    return standing.target.power_w if is_settled and standing is not None else None


def _dimmer(mind: Mind, device: Device, state: LoadState, at_s: float) -> None:
    """A dimmed load works when it is told to; what it should draw then is its set-point."""
    standing = mind.standing.get(device.id)
    told_w = standing.target.power_w if standing is not None and standing.is_in_force(at_s) else None
    drawn_w = state.power_w
    on: bool | None = bool(told_w) if told_w is not None else (drawn_w is not None and drawn_w > 0)
    if drawn_w is not None and drawn_w < NOTHING_W and _is_no_question(mind, device.id, at_s):
        on = None
    sample = Sample(at_s, on, drawn_w, state.energy_import_wh)
    book = mind.switchboard.book(device.id)
    most_w = device.info.max_w if device.info and device.info.max_w else 0.0
    mind.switchboard.books[device.id] = book.told(sample, told_w or most_w, most_w)


def _is_no_question(mind: Mind, name: str, at_s: float) -> bool:
    """Whether drawing nothing shows nothing: it was asked just now, or is not asked because it did nothing before."""
    dosed = mind.core.device(name)
    if dosed is None:
        return False
    is_spared = not dosed.setpoint_w and dosed.charge_cap.most_w < NOTHING_W and mind.room_w >= LIMIT_W
    return is_spared or (bool(dosed.setpoint_w) and at_s - dosed.sent_at_s < SETTLING_S)

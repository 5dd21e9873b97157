"""From a decision to commands: what every device is to do, and which of it must be said now."""

from collections.abc import Mapping
from dataclasses import replace

from services.balancer.core.decide import Outcome
from services.balancer.core.dosed import ordered
from services.balancer.core.due import setpoint
from services.balancer.core.merit import Bounds
from services.balancer.core.polarity import Polarity
from services.balancer.dispatch import Send, Target, dispatch, in_force, ttl_s
from services.balancer.mind import Mind, Order
from services.balancer.switchboard import LoadTurn
from services.balancer.thought import Thought


def dosed_targets(mind: Mind, outcome: Outcome, bounds: Mapping[str, Bounds]) -> dict[str, Target]:
    """What every dosed device is to do from now on: new where it is due, else as it stands."""
    due = {order.device: order for order in outcome.due}
    targets: dict[str, Target] = {}
    for device in mind.core.devices:
        standing = mind.standing.get(device.id)
        if device.id in due:
            targets[device.id] = _power(due[device.id].setpoint_w, outcome)
        elif standing is not None and standing.target.action == "set_power":
            targets[device.id] = standing.target
        else:
            told_w = setpoint(device, outcome.wishes[device.id], bounds[device.id])
            targets[device.id] = _power(told_w, outcome)
    return targets


def switch_targets(loads: Mapping[str, LoadTurn]) -> dict[str, Target]:
    """What every switched load is to do from now on."""
    return {name: Target(action="switch", on=turn.grant.on, rule=turn.grant.rule) for name, turn in loads.items()}


def _power(power_w: float, outcome: Outcome) -> Target:
    return Target(action="set_power", power_w=power_w, rule=outcome.room.rule)


def orders_for(mind: Mind, thought: Thought) -> tuple[Order, ...]:
    """Commands for the targets, each noted in the law as on its way."""
    if mind.epoch == 0:
        return ()
    targets = thought.targets if mind.commands else {}
    now_s = thought.reading.at_s
    orders: list[Order] = []
    again = {order.device for order in thought.outcome.due}
    for send in list(dispatch(targets, mind.standing_of(rotated=False), ttls_s(mind, targets), now_s, again)):
        if send.is_renewal:
            orders.append(_renewal(mind, send, thought.measured_ms))
        else:
            orders.append(mind.command(send, thought.measured_ms))
            _note(mind, thought, orders[-1])
    return tuple(orders)


def renew(mind: Mind, now_ms: int) -> tuple[Order, ...]:
    """Renewals that fell due although no reading came, as with a slow meter."""
    if not mind.commands:
        return ()
    mind.standing = in_force(mind.standing, mind.world.line.at_s(now_ms))
    ours = mind.standing_of(rotated=False)
    targets = {device: standing.target for device, standing in ours.items()}
    sends = dispatch(targets, ours, ttls_s(mind, targets), mind.world.line.at_s(now_ms))
    return tuple(_renewal(mind, send, now_ms) for send in list(sends))


def release_all(mind: Mind, now_ms: int) -> tuple[Order, ...]:
    """Give every device free."""
    if mind.epoch == 0:
        return ()
    sends = dispatch({}, mind.tariff.standing | mind.standing, {}, mind.world.line.at_s(now_ms))
    return tuple(mind.command(send, now_ms) for send in list(sends))


def _note(mind: Mind, thought: Thought, order: Order) -> None:
    """Tell the law, and the test of the meter's sign, that an order is on its way."""
    if order.command.on is not None:
        _note_switch(mind, thought, order, order.command.on)
        return
    dosed, power_w = mind.core.device(order.device), order.command.power_w
    if dosed is None or power_w is None:
        return
    wish_w, reading = thought.outcome.wishes[order.device], thought.reading
    tested = mind.polarity.get(order.device, Polarity())
    mind.polarity[order.device] = tested.ordered(reading.grid_w, dosed.nominal.at(reading.end_s), wish_w)
    mind.core = mind.core.with_device(ordered(dosed, order.command.cmd_id, wish_w, power_w, reading.at_s))


def _note_switch(mind: Mind, thought: Thought, order: Order, on: bool) -> None:
    load = mind.core.tracked(order.device)
    if load is not None:
        power_w = thought.loads[order.device].power_w if on else 0.0
        ordered_load = ordered(load, order.command.cmd_id, power_w, float(on), thought.reading.at_s)
        mind.core = mind.core.with_tracked(ordered_load)


def _renewal(mind: Mind, send: Send, issued_ms: int) -> Order:
    """Ask for what stands already. To a device that does not hold it, that is an order like the first."""
    order = mind.command(send, issued_ms)
    dosed, power_w = mind.core.tracked(send.device), order.command.power_w
    if dosed is None:
        return order
    if dosed.setpoint_w is None and power_w is not None:
        now_s = mind.world.line.at_s(issued_ms)
        renewed = ordered(dosed, order.command.cmd_id, power_w * dosed.gain, power_w, now_s)
    else:
        renewed = replace(dosed, awaiting=order.command.cmd_id if dosed.awaiting else None)
    mind.core = mind.core.with_tracked(renewed)
    return order


def ttls_s(mind: Mind, targets: Mapping[str, Target]) -> dict[str, float]:
    """How long the order of each lives."""
    infos = {name: mind.world.devices[name].info for name in targets if name in mind.world.devices}
    return {name: ttl_s(info.refresh_s if (info := infos.get(name)) else None) for name in targets}

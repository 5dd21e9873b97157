"""One reading, one thought: who takes part, within what, what the law makes of it, and which commands leave."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf

from services.balancer.bounds import Named, named_bounds
from services.balancer.core.decide import Aim, Core, Outcome, Reading, decide, setpoint
from services.balancer.core.dosed import Dosed, ordered
from services.balancer.core.learning import Learning, adopt
from services.balancer.core.merit import Bounds
from services.balancer.core.polarity import Polarity
from services.balancer.core.wish import House
from services.balancer.crew import Learnt, absence, line_up
from services.balancer.dispatch import Target, dispatch, ttl_s
from services.balancer.mind import Mind, Order, Turn
from services.balancer.obedience import Obedience
from services.balancer.order import expand
from services.balancer.rules import HOUSE
from services.balancer.rules.autonomous import SHARE
from services.balancer.rules.car import CarChoice
from services.balancer.rules.connection import VOLTAGE_V, OnPhase, keep_each_phase
from services.balancer.rules.soc import Held
from services.balancer.rules.tariff_hours import is_low_tariff
from services.balancer.telling import tell
from services.balancer.thought import Thought
from services.balancer.world import METER_DELAY_S, Device, Meter

REVERSED = "the grid meter moves against it: a clamp or a sign is the wrong way round"
REVERSED_S = 3600.0


def think(mind: Mind, meter: Meter, measured_ms: int, local: datetime) -> Turn:
    """Decide on the newest reading of `meter`. `local` is the household's time of day."""
    reading = _reading(meter)
    dosed, pool = _crew(mind, reading.at_s)
    mind.core = line_up(mind.core, dosed, mind.learnt, reading.at_s)
    _test_polarity(mind, reading)
    before = mind.core
    named = {
        device.id: named_bounds(device, mind.policy(device.id), mind.held.get(device.id, Held()))
        for device in before.devices
    }
    bounds, narrowed = _phases(mind, meter, before, named, reading.end_s)
    car = _car(mind, local, reading.at_s)
    aim = Aim(rules=HOUSE, house=_house(mind, pool, car), bounds=bounds, foreign_w=_foreign_w(pool))
    mind.core, outcome = decide(before, reading, aim)
    targets = _targets(mind, outcome, pool, reading.at_s)
    thought = Thought(
        measured_ms=measured_ms,
        reading=reading,
        meter=meter,
        pool=pool,
        named=named,
        narrowed=narrowed,
        outcome=outcome,
        car=car,
        targets=targets,
    )
    orders = _orders(mind, thought)
    state, decisions = tell(mind, thought)
    return Turn(measured_ms=measured_ms, orders=orders, state=state, decisions=decisions)


def learn(mind: Mind, meter: Meter) -> None:
    """Hold the reading against the candidates of each device's response. Runs after the orders have left."""
    reading = _reading(meter)
    for device in mind.core.devices:
        learning = mind.learning.get(device.id, Learning())
        if learning.is_idle(reading.end_s):
            continue
        others_w = sum(
            other.nominal.mean(reading.start_s, reading.end_s) for other in mind.core.devices if other.id != device.id
        )
        learning = learning.listened(reading.grid_w - others_w, reading.start_s, reading.end_s)
        at_rest = device.proven and device.awaiting is None and device.late.is_settled(reading.end_s)
        if learning.is_due and at_rest:
            adopted, learning = adopt(device, learning)
            mind.core = mind.core.with_device(adopted)
        mind.learning[device.id] = learning
    mind.learnt |= {device.id: Learnt.of(device) for device in mind.core.devices}


def renew(mind: Mind, now_ms: int) -> tuple[Order, ...]:
    """Renewals that fell due although no reading came, as with a slow meter."""
    if not mind.commands:
        return ()
    targets = {device: standing.target for device, standing in mind.standing.items()}
    sends = dispatch(targets, mind.standing, _ttls_s(mind, targets), mind.world.line.at_s(now_ms))
    return tuple(mind.command(send, now_ms) for send in sends)


def release_all(mind: Mind, now_ms: int) -> tuple[Order, ...]:
    """Give every device free."""
    if mind.epoch == 0:
        return ()
    sends = dispatch({}, mind.standing, {}, mind.world.line.at_s(now_ms))
    return tuple(mind.command(send, now_ms) for send in list(sends))


def _reading(meter: Meter) -> Reading:
    assert meter.state is not None  # a meter that has been heard
    assert meter.beat is not None
    assert meter.state_s is not None
    end_s = meter.beat.at_s - METER_DELAY_S
    return Reading(meter.state.power_w, end_s - meter.period_s, end_s, meter.state_s)


def _crew(mind: Mind, now_s: float) -> tuple[list[Device], list[Device]]:
    """Devices to dose and devices that follow their own meter, in order; who is absent is noted with the reason."""
    dosed: list[Device] = []
    pool: list[Device] = []
    socs = {name: device.soc_pct for name, device in mind.world.devices.items()}
    room_w = -(mind.core.rest.rest_w if mind.core.rest else 0.0)
    mind.places = expand(mind.book.order, mind.config.groups, socs, mind.places, room_w)
    mind.absent.clear()
    if mind.book.mode == "off":
        return dosed, pool
    for name in mind.places:
        device = mind.world.devices.get(name)
        standing = mind.standing.get(name)
        manners = mind.manners.get(name, Obedience()).looked_at(now_s, standing.ttl_s if standing else inf)
        mind.manners[name] = manners
        missing = absence(device, manners, now_s)
        if missing is not None or device is None:
            if missing is not None:
                mind.absent[name] = missing
            continue
        follows = mind.policy(name).strategy == "leader" and mind.book.mode == "auto"
        (pool if follows else dosed).append(device)
    return [device for device in dosed if device.id != mind.config.car], pool


def _test_polarity(mind: Mind, reading: Reading) -> None:
    """Finish the tests whose order has arrived; a device that the meter contradicts is left out for an hour."""
    for device in mind.core.devices:
        tested = mind.polarity.get(device.id)
        done = device.proven and device.awaiting is None and device.late.is_settled(reading.start_s)
        if tested is None or tested.grid_w is None or not done:
            continue
        mind.polarity[device.id] = tested = tested.arrived(reading.grid_w, device.proven_w)
        if tested.is_reversed:
            mind.polarity.pop(device.id)
            mind.manners[device.id] = Obedience(trouble=REVERSED, until_s=reading.at_s + REVERSED_S)


def _phases(
    mind: Mind, meter: Meter, core: Core, named: Mapping[str, Named], now_s: float
) -> tuple[dict[str, Bounds], frozenset[str]]:
    bounds = {name: limits.bounds for name, limits in named.items()}
    state = meter.state
    if mind.site.connection_a is None or mind.site.phases == 1 or state is None:
        return bounds, frozenset()
    phases_w = {
        phase: power_w
        for phase, power_w in ((1, state.power_l1_w), (2, state.power_l2_w), (3, state.power_l3_w))
        if power_w is not None
    }
    infos = {name: device.info for name, device in mind.world.devices.items()}
    on_phase = [OnPhase(d.id, info.phase if (info := infos[d.id]) else None, d.nominal.at(now_s)) for d in core.devices]
    return keep_each_phase(on_phase, bounds, phases_w, mind.site.connection_a * VOLTAGE_V)


def _house(mind: Mind, pool: Sequence[Device], car: CarChoice | None) -> House:
    site, book = mind.site, mind.book
    fuse_w = inf if site.connection_a is None else site.connection_a * VOLTAGE_V * site.phases
    granted_w = car.from_grid_w if car else 0.0
    measured_w = mind.world.devices[mind.config.car].power_w if mind.config.car and granted_w else 0.0
    return House(
        rest_w=0.0,
        target_grid_w=book.target_grid_w + min(granted_w, measured_w or 0.0),
        manual_w=book.manual_power_w if book.mode == "manual" else None,
        max_import_w=min(fuse_w, inf if site.max_import_w is None else site.max_import_w),
        max_export_w=min(fuse_w, inf if site.max_export_w is None else site.max_export_w),
        loop_w=mind.team.limits_w(pool, SHARE),
    )


def _car(mind: Mind, local: datetime, now_s: float) -> CarChoice | None:
    if mind.config.car is None or mind.core.rest is None:
        return None
    peak = mind.config.peak_hours
    low_tariff = is_low_tariff(local, peak.days, peak.start, peak.end)
    socs = [soc for name in mind.places if (soc := mind.world.device(name, "").soc_pct) is not None]
    return mind.carport.think(mind.world.devices.get(mind.config.car), mind.core.rest.rest_w, socs, low_tariff, now_s)


def _foreign_w(pool: Sequence[Device]) -> float:
    return sum(device.power_w or 0.0 for device in pool)


def _targets(mind: Mind, outcome: Outcome, pool: Sequence[Device], now_s: float) -> dict[str, Target]:
    """What every commanded device is to do from now on: new where it is due, else as it stands."""
    due = {order.device: order for order in outcome.due}
    targets: dict[str, Target] = {}
    for device in mind.core.devices:
        standing = mind.standing.get(device.id)
        wish_w = outcome.wishes[device.id]
        if device.id in due:
            targets[device.id] = _power(due[device.id].setpoint_w, outcome)
        elif standing is not None and standing.target.action == "set_power":
            targets[device.id] = standing.target
        else:
            targets[device.id] = _power(setpoint(device, wish_w), outcome)
    policies = {device.id: mind.policy(device.id) for device in pool}
    held = {device.id: mind.held.get(device.id, Held()) for device in pool}
    targets |= mind.team.targets(pool, policies, held, outcome.rest_w, now_s)
    if mind.config.car and mind.config.car in mind.places:
        car = mind.carport.target(mind.world.devices.get(mind.config.car))
        targets |= {mind.config.car: car} if car else {}
    return targets


def _power(power_w: float, outcome: Outcome) -> Target:
    return Target(action="set_power", power_w=power_w, rule=outcome.room.rule)


def _orders(mind: Mind, thought: Thought) -> tuple[Order, ...]:
    """Commands for the targets, each noted in the law as on its way."""
    if mind.epoch == 0:
        return ()
    targets = thought.targets if mind.commands else {}
    now_s = thought.reading.at_s
    orders: list[Order] = []
    for send in list(dispatch(targets, mind.standing, _ttls_s(mind, targets), now_s)):
        order = mind.command(send, thought.measured_ms)
        orders.append(order)
        dosed = mind.core.device(send.device)
        if dosed is None or order.command.power_w is None:
            continue
        if send.is_renewal:
            mind.core = mind.core.with_device(_renewed(dosed, order.command.cmd_id))
        else:
            wish_w = thought.outcome.wishes[send.device]
            tested = mind.polarity.get(send.device, Polarity())
            believed_w = dosed.nominal.at(thought.reading.end_s)
            mind.polarity[send.device] = tested.ordered(thought.reading.grid_w, believed_w, wish_w)
            mind.core = mind.core.with_device(
                ordered(dosed, order.command.cmd_id, wish_w, order.command.power_w, now_s)
            )
    return tuple(orders)


def _renewed(dosed: Dosed, cmd_id: str) -> Dosed:
    """A renewal asks for what stands already: only the word that is waited for is another."""
    return replace(dosed, awaiting=cmd_id) if dosed.awaiting is not None else dosed


def _ttls_s(mind: Mind, targets: Mapping[str, Target]) -> dict[str, float]:
    infos = {name: mind.world.devices[name].info for name in targets if name in mind.world.devices}
    return {name: ttl_s(info.refresh_s if (info := infos.get(name)) else None) for name in targets}

"""One reading, one thought: who takes part, within what, what the law makes of it, and which commands leave."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf

from common.execution import Intent
from services.balancer.bounds import Named, named_bounds
from services.balancer.core.decide import Aim, Reading, act, look
from services.balancer.core.dosed import Dosed
from services.balancer.core.learning import MEAN, MOMENT, Learning, Window, adopt, kind_of
from services.balancer.core.merit import Bounds
from services.balancer.core.wish import House
from services.balancer.crew import Learnt
from services.balancer.dimming import dimmed
from services.balancer.dispatch import Target, in_force
from services.balancer.guiding import charging, guide, held_by, peak_w
from services.balancer.loads.duty import Duty
from services.balancer.mind import Mind
from services.balancer.ordering import dosed_targets, switch_targets
from services.balancer.phases import bounded, measured_w
from services.balancer.roster import Roster, call_the_roll
from services.balancer.rules import HOUSE
from services.balancer.rules.autonomous import SHARE
from services.balancer.rules.car import CarChoice
from services.balancer.rules.connection import VOLTAGE_V
from services.balancer.rules.soc import Held
from services.balancer.rules.tariff_hours import is_low_tariff
from services.balancer.sharing import Scene, loads_w, share_out
from services.balancer.switchboard import LoadTurn
from services.balancer.tariff import prepared
from services.balancer.thought import Thought
from services.balancer.unmetered import watch_unmetered
from services.balancer.world import METER_DELAY_S, Device, Meter


def think(mind: Mind, meter: Meter, measured_ms: int, local: datetime) -> Thought:
    """Decide on the newest reading of `meter`. `local` is the household's time of day."""
    reading = _reading(meter, mind.meter_kinds.get(meter.id, MEAN))
    mind.standing, mind.decided_s = in_force(mind.standing, reading.at_s), reading.at_s
    peak = mind.config.peak_hours
    mind.low_tariff = is_low_tariff(local, peak.days, peak.start, peak.end)
    roster = call_the_roll(mind, reading)
    mind.beside_a_loop = bool(roster.free)
    phases_w = measured_w(mind, meter)
    named = bounded(mind, {device.id: _bounds(mind, device) for device in mind.core.devices}, phases_w, reading.end_s)
    named, dimmers = dimmed(mind, named, reading.at_s)
    named, fill_w = prepared(mind, named, _over_w(mind))
    bounds = {name: limits.hard for name, limits in named.items()}
    car = _car(mind, reading.at_s)
    gates = _gates(mind, roster.gated, reading.at_s)
    mind.gate.watch(_foreign_w(roster.gated), reading.grid_w - mind.book.target_grid_w, reading.at_s)
    house = _house(mind, roster, car, fill_w, reading.at_s)
    mind.core, sight = look(mind.core, reading, _foreign_w(roster.free))
    watch_unmetered(mind, reading, _foreign_w(roster.free))
    scene = Scene(roster=roster, sight=sight, reading=reading, named=named, house=house, local=local, phases_w=phases_w)
    loads = share_out(mind, scene)
    bounds |= _on_surplus_only(scene, loads, dimmers)
    aim = Aim(rules=HOUSE, house=house, bounds=bounds, loads_w=loads_w(loads), band_w=mind.config.band_w)
    mind.core, outcome = act(mind.core, sight, reading, aim)
    mind.room_w = outcome.room.room_w
    team = _team(mind, roster.pool, outcome.rest_w + aim.loads_w - house.target_grid_w, reading.at_s)
    return Thought(
        measured_ms=measured_ms,
        reading=reading,
        meter=meter,
        pool=roster.free,
        named=named,
        outcome=outcome,
        car=car,
        loads=loads,
        dimmers=dimmers,
        is_guided=house.guide is not None,
        switched=[name for name, turn in loads.items() if _is_turned(mind, name, on=turn.grant.on)],
        targets=dosed_targets(mind, outcome, bounds) | team | gates | _car_target(mind) | switch_targets(loads),
    )


def _on_surplus_only(scene: Scene, loads: Mapping[str, LoadTurn], dimmers: Mapping[str, Duty]) -> dict[str, Bounds]:
    """While batteries charge from the grid, dimmers that live on surplus take no more than there is."""
    if scene.house.guide is None or scene.house.guide.act.intent is not Intent.CHARGE:
        return {}
    surplus_w = max(0.0, scene.house.target_grid_w - scene.sight.acted_on_w - loads_w(loads))
    freely = [name for name, duty in dimmers.items() if duty.must is None]
    return {name: scene.named[name].hard.within(Bounds(-inf, surplus_w)) for name in freely}


def _is_turned(mind: Mind, name: str, *, on: bool) -> bool:
    """Whether a load is about to be told something else."""
    known = mind.standing.get(name)
    return mind.commands and known is not None and known.target.on is not on


def learn(mind: Mind, meter: Meter) -> None:
    """Hold the reading against the candidates of each device's response. Runs after the orders have left.

    Not beside a battery that balances by itself: its answer hides on the meter what a dosed one does.
    """
    if not mind.beside_a_loop:
        _learn(mind, meter)
    mind.learnt |= {device.id: Learnt.of(device) for device in mind.core.devices}


def _learn(mind: Mind, meter: Meter) -> None:
    kind = mind.meter_kinds.get(meter.id, MEAN)
    for device in mind.core.devices:
        learning = mind.learning.get(device.id, Learning())
        if learning.is_idle(_reading(meter, MOMENT).end_s):
            continue
        learning = learning.listened((_window(mind, meter, MEAN, device.id), _window(mind, meter, MOMENT, device.id)))
        at_rest = device.proven and device.awaiting is None and device.late.is_settled(_reading(meter, kind).end_s)
        if learning.is_due and at_rest:
            adopted, learning = adopt(device, learning, kind)
            mind.core = mind.core.with_device(adopted)
        mind.learning[device.id] = learning
    mind.meter_kinds[meter.id] = kind_of(kind, list(mind.learning.values()))


def _window(mind: Mind, meter: Meter, kind: int, device_id: str) -> Window:
    """The reading, if the meter is of that kind, as the candidates of one device see it."""
    reading = _reading(meter, kind)
    others = (device for device in mind.core.moving if device.id != device_id)
    others_w = sum(other.nominal.mean(reading.start_s, reading.end_s) for other in others)
    return Window(reading.start_s, reading.end_s, reading.grid_w - others_w)


def _reading(meter: Meter, kind: int) -> Reading:
    """The newest reading, and which time it is about."""
    assert meter.state is not None  # a meter that has been heard
    assert meter.state.power_w is not None  # one without is never taken in
    assert meter.beat is not None
    assert meter.state_s is not None
    grid_w, period_s, known_s = meter.state.power_w, meter.period_s, meter.state_s
    if kind == MOMENT:
        return Reading(grid_w, meter.beat.at_s, meter.beat.at_s, known_s, period_s)
    end_s = meter.beat.at_s - METER_DELAY_S
    return Reading(grid_w, end_s - period_s, end_s, known_s, period_s)


def _bounds(mind: Mind, device: Dosed) -> Named:
    return named_bounds(device, mind.policy(device.id), mind.held.get(device.id, Held()))


def _house(mind: Mind, roster: Roster, car: CarChoice | None, fill_w: float, now_s: float) -> House:
    book = mind.book
    granted_w = car.from_grid_w if car else 0.0
    measured_w = mind.world.devices[mind.config.car].power_w if mind.config.car and granted_w else 0.0
    return House(
        rest_w=0.0,
        target_grid_w=book.target_grid_w + min(granted_w, measured_w or 0.0),
        manual_w=book.manual_power_w if book.mode == "manual" else None,
        max_import_w=_most_w(mind, mind.site.max_import_w),
        max_export_w=_most_w(mind, mind.site.max_export_w),
        fill_w=fill_w,
        loop_w=_loop_w(mind, roster),
        guide=guide(mind, roster.dosed, now_s),
        peak_w=peak_w(mind, now_s),
    )


def _most_w(mind: Mind, told_w: float | None) -> float:
    """What the connection bears, within what its owner says."""
    site = mind.site
    fuse_w = inf if site.connection_a is None else site.connection_a * VOLTAGE_V * site.phases
    return min(fuse_w, inf if told_w is None else told_w)


def _over_w(mind: Mind) -> float:
    """By how much the house without its batteries exceeds that, as far as the last reading said."""
    return max(0.0, mind.core.rest.rest_w - _most_w(mind, mind.site.max_import_w)) if mind.core.rest else 0.0


def _gates(mind: Mind, gated: Sequence[Device], now_s: float) -> dict[str, Target]:
    """What those may do that balance by themselves, by their own edges, the tariff and the plan."""
    found = guide(mind, gated, now_s)
    filling = mind.tariff.filling | (charging(mind, gated, now_s) if found is not None else frozenset())
    return mind.gate.targets(gated, held_by(found, mind.held), now_s, filling)


def _loop_w(mind: Mind, roster: Roster) -> tuple[float, float]:
    """What devices with a loop of their own are left to handle. Those that stand below a dosed battery get what it
    leaves, and no share of their own."""
    team_w = mind.team.limits_w(roster.pool, SHARE)
    dosed = next((mind.places.index(device.id) for device in roster.dosed if device.kind == "battery"), inf)
    first = [device for device in roster.gated if mind.places.index(device.id) < dosed]
    gated_w = mind.gate.saturation.within(mind.gate.limits_w(first, SHARE))
    return team_w[0] + gated_w[0], team_w[1] + gated_w[1]


def _car(mind: Mind, now_s: float) -> CarChoice | None:
    if mind.config.car is None or mind.core.rest is None:
        return None
    batteries = (mind.world.device(name, "") for name in mind.places if name != mind.config.car)
    socs = [battery.soc_pct for battery in batteries if battery.soc_pct is not None]
    return mind.carport.think(
        mind.world.devices.get(mind.config.car), mind.core.rest.rest_w, socs, mind.low_tariff, now_s
    )


def _foreign_w(pool: Sequence[Device]) -> float:
    return sum(device.power_w or 0.0 for device in pool)


def _team(mind: Mind, pool: Sequence[Device], need_w: float, now_s: float) -> dict[str, Target]:
    policies = {device.id: mind.policy(device.id) for device in pool}
    held = {device.id: mind.held.get(device.id, Held()) for device in pool}
    return mind.team.targets(pool, policies, held, need_w, now_s)


def _car_target(mind: Mind) -> dict[str, Target]:
    name = mind.config.car
    target = mind.carport.target(mind.world.devices.get(name)) if name in mind.places and name else None
    return {name: target} if name and target else {}

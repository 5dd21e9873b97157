"""Who of the loads runs: the switchboard's books, the day, the schedule and the room, brought before `allot`. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.balancer.bounds import Named
from services.balancer.core.cap import Cap
from services.balancer.core.decide import Reading, Sight
from services.balancer.core.switched import expected_w
from services.balancer.core.wish import House
from services.balancer.crew import is_switched
from services.balancer.guiding import planned
from services.balancer.loads.allot import Claim, Grant, Sink, Supply, allot
from services.balancer.loads.day import day_of
from services.balancer.loads.duty import Duty, Facts, duty
from services.balancer.loads.thermostat import asks
from services.balancer.mind import Mind
from services.balancer.phases import headroom, phases_of
from services.balancer.planning import Ahead, plan_ahead
from services.balancer.roster import Roster
from services.balancer.rules.soc import Held
from services.balancer.stores import helping_w, reserve_reached
from services.balancer.switchboard import LoadTurn, is_satisfied, rated_w

ENOUGH_SHARE = 0.9
"""A load is forced on with so much of what it draws, or more."""
LONGEST_S = 10.0
"""A reading counts for so long at most."""
HELP_SHARE = 0.8
"""Part of what the batteries can give that a needed load may count on; the rest is theirs to regulate with."""
DISCHARGING_W = 50.0
"""Batteries giving more than this feed what is exported, so it is nobody's surplus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known of the house when the loads are looked at."""

    roster: Roster
    sight: Sight
    reading: Reading
    named: Mapping[str, Named]
    house: House
    local: datetime
    phases_w: Mapping[int, float] = field(default_factory=dict)
    """What each phase carries; empty: nobody counts them."""


def share_out(mind: Mind, scene: Scene) -> dict[str, LoadTurn]:
    """On or off for every load that can be commanded, and what each will draw."""
    board, now_s = mind.switchboard, scene.reading.at_s
    elapsed_s = board.elapsed_s(now_s, LONGEST_S)
    _open_the_books(mind, day_of(scene.local, mind.config.day_starts))
    if not mind.config.loads:
        return {}
    aimed_w = scene.house.target_grid_w - mind.config.margin_w
    surplus_w = aimed_w - scene.sight.acted_on_w - (scene.house.manual_w or 0.0)
    board.present = board.present.watch(surplus_w, elapsed_s)
    board.lowest = board.lowest.watch(surplus_w, now_s)
    board.exported = board.exported.watch(scene.reading.grid_w - aimed_w, now_s)
    plan_ahead(mind, Ahead(scene.roster, now_s, scene.local))
    entries = tuple(_entries(mind, scene))
    supply = Supply(
        surplus_w=surplus_w,
        exported_w=_fed_in_w(mind, scene),
        headroom=headroom(mind, scene.phases_w, _budget_w(scene), scene.reading),
        floor_w=board.lowest.least_w + helping_w(mind, scene.roster.stores),
        now_s=now_s,
        elapsed_s=elapsed_s,
    )
    return {name: _turned(mind, name, grant) for name, grant in allot(entries, supply).items()}


def duty_of(mind: Mind, name: str, now_s: float) -> Duty:
    """What a load must do before any room is shared out."""
    board, policy = mind.switchboard, mind.policy(name)
    book = board.book(name)
    if _asks_too_little(mind, name):
        return Duty(False, "too_little")
    mode = mind.book.hot_water_mode(name)
    facts = Facts(
        want=policy.want or "surplus",
        on=book.run.on,
        held_s=book.run.held_s(now_s),
        min_on_s=policy.min_on_s,
        min_off_s=policy.min_off_s,
        forced=mind.book.forced(name),
        by_hand=book.by_hand,
        is_satisfied=is_satisfied(policy, book),
        in_slot=_is_time(mind, name) and not _better_waits(mind, name, now_s),
        planned=planned(mind, name, now_s),
        overcharge=policy.overcharge,
        is_doubted=book.doubt.stands,
        stays_cold=book.warmth.owed_wh > 0,
        contactor=mind.low_tariff if mode == "day_night" else None,
        is_resting=mode == "off",
        asked=asked(mind, name, now_s),
    )
    return duty(facts)


def asked(mind: Mind, name: str, now_s: float) -> bool | None:
    """What the thermostat that a load follows wants; None if it follows none, or nobody knows."""
    wish = mind.world.requests.get(mind.policy(name).request or "")
    if wish is None or not wish.is_fresh(now_s):
        return None
    told = wish.state
    return asks(told.on, told.target_c, told.current_c, heats=mind.switchboard.book(name).run.on)


def _asks_too_little(mind: Mind, name: str) -> bool:
    """Whether somebody wants less of a switched load than it draws: it takes all of it or nothing."""
    device, asked_w = mind.world.devices.get(name), mind.book.forced_w(name)
    if not mind.book.forced(name) or asked_w is None or device is None or not is_switched(device):
        return False
    return asked_w < ENOUGH_SHARE * rated_w(mind.policy(name), mind.switchboard.book(name))


def _is_time(mind: Mind, name: str) -> bool:
    """Whether the schedule lets it run in the row that is now."""
    return 0 in mind.switchboard.slots(name).rows


def _better_waits(mind: Mind, name: str, now_s: float) -> bool:
    """Whether a load need not run right away although it is time; never if time is short.

    What sun and batteries are to carry comes and goes with them. What the grid is to help out with does not join loads
    that cannot be switched off again yet.
    """
    board = mind.switchboard
    if board.slack_rows.get(name, 0) < 1:
        return False
    if board.hopes(name).may_wait or 0 not in board.slots(name).on_grid:
        return True
    others = (other for other in mind.config.loads if other != name)
    return not board.book(name).run.on and any(_is_bound(mind, other, now_s) for other in others)


def _is_bound(mind: Mind, name: str, now_s: float) -> bool:
    """Whether a load was switched on so lately that it must stay on."""
    run = mind.switchboard.book(name).run
    return run.on and run.held_s(now_s) < mind.policy(name).min_on_s


def _open_the_books(mind: Mind, day: int) -> None:
    for name in mind.config.loads:
        if mind.switchboard.close_the_day(name, mind.config.policy(name), day):
            _ask_again(mind, name)


def _ask_again(mind: Mind, name: str) -> None:
    """A new day: that a dimmed load took nothing yesterday says nothing about today."""
    dosed = mind.core.device(name)
    if dosed is not None:
        mind.core = mind.core.with_device(replace(dosed, charge_cap=Cap()))


def _entries(mind: Mind, scene: Scene) -> Iterator[Sink | Claim]:
    """The order, as `allot` sees it."""
    switched = {device.id for device in scene.roster.switched}
    for name in mind.places:
        if name in switched:
            yield _claim(mind, scene, name)
        elif name in scene.named:
            is_store = name not in mind.config.loads
            yield Sink(id=name, most_w=scene.named[name].high_w, is_store=is_store)
        elif name in {device.id for device in scene.roster.free}:
            yield Sink(id=name, most_w=_autonomous_w(mind, name))


def _autonomous_w(mind: Mind, name: str) -> float:
    """What a battery that balances by itself would take."""
    at_ceiling = mind.held.get(name, Held()).at_ceiling
    most_w = 0.0 if at_ceiling else mind.world.devices[name].range_w.high_w
    return min(most_w, mind.gate.saturation.takes_w)


def _claim(mind: Mind, scene: Scene, name: str) -> Claim:
    board, policy = mind.switchboard, mind.policy(name)
    book, load = board.book(name), mind.core.tracked(name)
    power_w = rated_w(policy, book)
    drawn_w = expected_w(load, True, power_w) if load is not None and book.run.on else power_w
    return Claim(
        id=name,
        power_w=max(0.0, drawn_w),
        run=book.run,
        duty=duty_of(mind, name, scene.reading.at_s),
        goes_first=policy.want == "needed" and _is_time(mind, name),
        helped_w=_helped_w(mind, scene, name),
        phases=phases_of(mind, name, scene.phases_w),
        start_w=board.hopes(name).start_w,
        after_stores=not reserve_reached(mind, scene.roster.stores, name),
    )


def _helped_w(mind: Mind, scene: Scene, name: str) -> float:
    """What batteries may add to the sun for a needed load whose time it is; they keep a part to regulate with."""
    if mind.policy(name).want != "needed" or not _is_time(mind, name):
        return 0.0
    return HELP_SHARE * helping_w(mind, scene.roster.stores)


def _fed_in_w(mind: Mind, scene: Scene) -> float:
    """Export that nobody has taken for a while, unless batteries are what is exported."""
    dosed_w = sum(device.nominal.at(scene.reading.end_s) for device in mind.core.devices)
    free_w = sum(device.power_w or 0.0 for device in scene.roster.free)
    if dosed_w + free_w < -DISCHARGING_W or scene.house.manual_w is not None:
        return 0.0
    return mind.switchboard.exported.least_w(scene.reading.at_s)


def _budget_w(scene: Scene) -> float:
    """What all loads together may draw without overloading the connection, with the help of the dosed batteries."""
    helped_w = -sum(limits.low_w for limits in scene.named.values())
    return scene.house.max_import_w + helped_w - scene.sight.acted_on_w


def _turned(mind: Mind, name: str, grant: Grant) -> LoadTurn:
    """Write a grant into the books. While nothing may be commanded a load stands as it is."""
    board, policy = mind.switchboard, mind.policy(name)
    book, load = board.book(name), mind.core.tracked(name)
    power_w = rated_w(policy, book)
    if mind.commands or grant.on == book.run.on:
        board.books[name] = replace(book, run=grant.run)
    drawn_w = expected_w(load, grant.on, power_w) if load is not None else 0.0
    if not mind.commands and load is not None:
        drawn_w = load.nominal.goal_w
    return LoadTurn(grant=grant, power_w=drawn_w, rated_w=power_w, rows=board.slots(name).rows)


def loads_w(turns: Mapping[str, LoadTurn]) -> float:
    """What the switched loads will draw together."""
    return sum(turn.power_w for turn in turns.values())

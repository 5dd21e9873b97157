"""Dear days: what batteries hold for them, who is charged from the grid before they begin, which relays are told.

Reserves and relays are no business of the law, nor of any meter: they are told whatever the house does. Charging is
the law's: it hears here who fills, and who must not take part in that. Pure.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from common.contract import BatteryState, SwitchState
from services.balancer.bounds import Named
from services.balancer.crew import LOCKED, MANUAL, NEVER, NO_LOAD, Absence, takes_reserves
from services.balancer.dispatch import SLOW_TTL_S, Target, dispatch, in_force
from services.balancer.mind import Mind, Order
from services.balancer.rules.soc import Held
from services.balancer.rules.tariff_policy import course, is_filling, outlook
from services.balancer.world import Device

RULE: Final = "tariff"


def follow(mind: Mind, now_ms: int, local: datetime) -> None:
    """Look at the tariff: what holds now, and which batteries are to be charged."""
    settings, desk = mind.config.tariff_policy, mind.tariff
    if settings is None:
        return
    if settings.is_season(f"{local:%m-%d}"):
        known = mind.world.tariff
        seen = outlook(known.slots if known else (), now_ms)
        desk.course = course(seen, settings.table, desk.held)
        desk.held = desk.course.reserve
    else:
        desk.course = None
    if desk.course is None or not desk.course.fills:
        desk.reached_pct.clear()
    has_the_word = mind.book.mode == "auto"
    desk.filling = frozenset(name for name in desk.batteries if has_the_word and _fills(mind, name))
    for name in desk.batteries & mind.held.keys():
        mind.held[name] = replace(mind.held[name], is_kept=has_the_word and desk.keeps(name))


def _fills(mind: Mind, name: str) -> bool:
    """Whether a battery is to be charged by us: it is time, it is not full enough, and it does not do so by itself."""
    device, reserve = mind.world.devices.get(name), mind.tariff.reserve_of(name)
    if device is None or reserve is None or not mind.tariff.keeps(name) or _has_a_schedule(device):
        return False
    target_pct = min(reserve.charge_target_pct, mind.policy(name).ceiling_soc_pct)
    fills = is_filling(device.soc_pct, target_pct, mind.tariff.reached_pct.get(name))
    if not fills and device.soc_pct is not None and device.soc_pct >= target_pct:
        mind.tariff.reached_pct[name] = target_pct
    return fills


def _has_a_schedule(device: Device) -> bool:
    """Whether a battery charges by itself in hours of its own."""
    return isinstance(device.state, BatteryState) and device.state.schedule_on is True


def prepared(mind: Mind, named: dict[str, Named], over_w: float) -> tuple[dict[str, Named], float]:
    """The bounds of what is dosed before dear hours, and the room in W that filling takes; 0: none fills.

    What is kept is given only where the connection bears no more: `over_w`. What is meant for batteries that fill
    goes to nobody else: the others get what they must, and no more.
    """
    filling = mind.tariff.filling & named.keys()
    bounds = {name: _kept(limits, over_w) if _keeps(mind, name) else limits for name, limits in named.items()}
    if not filling:
        return bounds, 0.0
    bounds = {name: limits if name in filling else _no_more(limits) for name, limits in bounds.items()}
    return bounds, sum(limits.hard.high_w if name in filling else limits.high_w for name, limits in bounds.items())


def _keeps(mind: Mind, name: str) -> bool:
    return mind.held.get(name, Held()).is_kept


def _kept(limits: Named, over_w: float) -> Named:
    hard = limits.hard._replace(low_w=max(limits.hard.low_w, -over_w))
    if limits.low_w >= -over_w:
        return replace(limits, hard=hard)
    return replace(limits, low_w=-over_w, low_by="kept", hard=hard)


def _no_more(limits: Named) -> Named:
    high_w = max(0.0, limits.low_w)
    return replace(limits, high_w=high_w, high_by=RULE, hard=limits.hard._replace(high_w=high_w))


def tariff_orders(mind: Mind, now_ms: int) -> tuple[Order, ...]:
    """Reserves and relays that must be told now. A reserve that is no longer wanted ends with its lease."""
    if mind.epoch == 0:
        return ()
    desk, now_s = mind.tariff, mind.world.line.at_s(now_ms)
    targets = dict(_targets(mind)) if mind.commands else {}
    desk.standing = {
        name: known
        for name, known in in_force(desk.standing, now_s).items()
        if name in targets or known.target.action != "set_reserve"
    }
    sends = dispatch(targets, desk.standing, dict.fromkeys(targets, SLOW_TTL_S), now_s)
    return tuple(mind.command(send, now_ms, desk.standing) for send in list(sends))


def _targets(mind: Mind) -> Iterator[tuple[str, Target]]:
    for name in sorted(mind.tariff.batteries):
        device, reserve = mind.world.devices.get(name), mind.tariff.reserve_of(name)
        if device is not None and device.info is not None and reserve is not None and takes_reserves(device.info):
            policy = mind.policy(name)
            told = replace(
                reserve,
                min_soc_pct=policy.reserve_soc_pct,
                charge_target_pct=min(reserve.charge_target_pct, policy.ceiling_soc_pct),
            )
            yield name, Target(action="set_reserve", reserve=told, rule=RULE)
    for name in mind.config.tariff_relays:
        on = relay_on(mind, name)
        if on is not None and missing(mind, name) is None:
            yield name, Target(action="switch", on=on, rule=RULE)


def relay_on(mind: Mind, name: str) -> bool | None:
    """How a relay is to stand; None: that is nobody's affair now."""
    settings, found = mind.config.tariff_policy, mind.tariff.course
    return found.is_dear(settings.relays[name].from_severity) if settings and found else None


def missing(mind: Mind, name: str) -> Absence | None:
    """Why a relay cannot be told anything."""
    device = mind.world.devices.get(name)
    if device is None or device.info is None:
        return NEVER
    if "switch" not in device.info.capabilities:
        return NO_LOAD
    if device.control is not None and device.control.mode == "manual":
        return MANUAL
    return LOCKED if isinstance(device.state, SwitchState) and device.state.locked else None

"""What the plan in force says about this moment, if there is one. Pure.

A plan that has grown old, that does not reach until now, or whose prices nobody knows is none, and the rules go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from statistics import fmean

from common.contract import PlanSlot, PlanState, TariffSlot
from common.execution import MARGIN_EUR_PER_KWH, Act, Intent, Moment, Stored, is_time, one_way
from services.balancer.core.wish import Guide
from services.balancer.inputs import MAIN
from services.balancer.mind import Mind
from services.balancer.rules.soc import Held
from services.balancer.switchboard import rated_w
from services.balancer.world import Device


def guide(mind: Mind, devices: Sequence[Device], now_s: float) -> Guide | None:
    """For these devices, of which the batteries have plans. None: there is nothing to be followed."""
    batteries = [device for device in devices if device.kind == "battery"]
    slots = [slot for device in batteries if (slot := _slot(mind, device.id, now_s))]
    value, price = _value(mind, now_s), _price(mind, now_s)
    if mind.book.mode != "auto" or not slots or value is None or price is None:
        return None
    paid, received = price
    way, has_dimmers = _one_way(mind, batteries), any(device.id in mind.config.loads for device in devices)
    return Guide(
        act=_together(slots, of=len(batteries)),
        value_eur_per_kwh=value,
        import_eur_per_kwh=paid,
        export_eur_per_kwh=-inf if has_dimmers else received,  # surplus is theirs as well, in the owner's order
        charge_efficiency=way,
        discharge_efficiency=way,
    )


def peak_w(mind: Mind, now_s: float) -> float:
    """The most that a quarter hour may draw by the plan in force; infinite where that costs nothing."""
    told_w = mind.world.plans[MAIN].peak_w if _slot(mind, MAIN, now_s) is not None else None
    return inf if told_w is None else told_w


def held_by(found: Guide | None, held: Mapping[str, Held]) -> dict[str, Held]:
    """Where batteries are held that balance by themselves: at their own edges, and where the plan holds them."""
    if found is None:
        return dict(held)
    keeps = found.import_eur_per_kwh * found.discharge_efficiency < found.value_eur_per_kwh - MARGIN_EUR_PER_KWH
    return {name: replace(edge, at_reserve=edge.at_reserve or keeps) for name, edge in held.items()}


def charging(mind: Mind, devices: Sequence[Device], now_s: float) -> frozenset[str]:
    """Those of these devices that are to charge from the grid."""
    slots = ((device.id, _slot(mind, device.id, now_s)) for device in devices)
    return frozenset(name for name, slot in slots if slot is not None and slot.intent == "charge")


def planned(mind: Mind, load: str, now_s: float) -> bool | None:
    """Whether a needed load should run now; None: nothing is planned, or its time is too short for plans."""
    slot, policy = _slot(mind, load, now_s), mind.policy(load)
    if slot is None or policy.want != "needed" or mind.switchboard.slack_rows.get(load, 0) < 1:
        return None
    later, value, price = mind.world.plans[load].later_eur_per_kwh, _value(mind, now_s), _price(mind, now_s)
    if later is None or price is None:
        return slot.intent == "run"
    moment, power_w = Moment(_rest_w(mind, load), *price), rated_w(policy, mind.switchboard.book(load))
    return is_time(moment, power_w, later, value or 0.0, None if value is None else _stored(mind))


def _slot(mind: Mind, name: str, now_s: float) -> PlanSlot | None:
    """What is planned for now."""
    plan: PlanState | None = mind.world.plans.get(name)
    at_s = mind.world.line.at_s
    if plan is None or now_s >= at_s(plan.valid_until_ms):
        return None
    return next((slot for slot in plan.slots if at_s(slot.start_ms) <= now_s < at_s(slot.end_ms)), None)


def _value(mind: Mind, now_s: float) -> float | None:
    """What stored energy is worth now; None if that is not known, or nothing is stored."""
    house = _slot(mind, MAIN, now_s)
    return house.value_eur_per_kwh if house is not None else None


def _price(mind: Mind, now_s: float) -> tuple[float, float] | None:
    """(import, export) now; None if that is not known. What export earns may be known to the planner alone."""
    at_s, tariff, house = mind.world.line.at_s, mind.world.tariff, mind.world.plans.get(MAIN)
    slots: Sequence[TariffSlot] = tariff.slots if tariff is not None else ()
    slot = next((slot for slot in slots if at_s(slot.start_ms) <= now_s < at_s(slot.end_ms)), None)
    if slot is None or slot.price_eur_per_kwh is None:
        return None
    export = slot.export_eur_per_kwh
    export = house.expected_export_eur_per_kwh if export is None and house is not None else export
    return None if export is None else (slot.price_eur_per_kwh, export)


def _together(slots: Sequence[PlanSlot], *, of: int) -> Act:
    """All batteries as one: what those do together that are told to charge, or to discharge.

    Beside one that is not planned nobody does either: it might be that one.
    """
    for intent in (Intent.CHARGE, Intent.DISCHARGE):
        powers_w = [slot.power_w for slot in slots if slot.intent == intent.value]
        if powers_w and len(slots) == of:
            return Act(intent, sum(powers_w))
    return Act(Intent.BALANCE, 0.0)


def _one_way(mind: Mind, batteries: Sequence[Device]) -> float:
    """The efficiency of one way, over these batteries alike."""
    return fmean(
        one_way(mind.policy(device.id).round_trip_pct or (device.info.round_trip_pct if device.info else None))
        for device in batteries
    )


def _stored(mind: Mind) -> Stored | None:
    stores = [device for device in mind.world.devices.values() if device.kind == "battery" and device.id in mind.places]
    if not stores:
        return None
    edges = [mind.held.get(device.id, Held()) for device in stores]
    way = _one_way(mind, stores)
    return Stored(
        way, way, takes=not all(edge.at_ceiling for edge in edges), gives=any(edge.may_give for edge in edges)
    )


def _rest_w(mind: Mind, load: str) -> float:
    """What the house draws with the other loads that are on, and without batteries; as it was lately."""
    board = mind.switchboard
    others = (name for name in mind.config.loads if name != load and board.book(name).run.on)
    return sum(rated_w(mind.policy(name), board.book(name)) for name in others) - (board.present.value_w or 0.0)

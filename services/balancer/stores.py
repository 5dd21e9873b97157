"""The batteries of the order as one store: how full they are, and what they can carry for the schedule."""

from collections.abc import Sequence

from services.balancer.loads.tank import Tank
from services.balancer.mind import Mind
from services.balancer.rules.soc import Held
from services.balancer.world import Device

RELEASE_PCT = 2.0
"""The charge that goes before a load may fall by so much below it again, so that nothing toggles on one per cent."""


def reserve_reached(mind: Mind, stores: Sequence[Device], load: str) -> bool:
    """Whether the batteries have the charge that goes before a load; one that does not tell it has not."""
    wanted_pct = mind.policy(load).battery_first_pct
    if wanted_pct <= 0 or not stores:
        return True
    reached = mind.switchboard.stores_reached
    wanted_pct -= RELEASE_PCT if reached.get(load) else 0.0
    charge_pct = _charge_pct(stores)
    reached[load] = charge_pct is not None and charge_pct >= wanted_pct
    return reached[load]


def _charge_pct(stores: Sequence[Device]) -> float | None:
    """Charge of all batteries together; None if one does not tell."""
    charges = [(device.soc_pct, _capacity_wh(device)) for device in stores]
    if any(soc_pct is None for soc_pct, _ in charges):
        return None
    return sum((soc_pct or 0.0) * weight for soc_pct, weight in charges) / sum(weight for _, weight in charges)


def _capacity_wh(device: Device) -> float:
    """For weighing: batteries that do not tell their size count alike."""
    return float(device.info.capacity_wh) if device.info and device.info.capacity_wh else 1.0


def helping_w(mind: Mind, stores: Sequence[Device]) -> float:
    """What the batteries that may give can add for a while, ≥ 0."""
    able = (device for device in stores if mind.held.get(device.id, Held()).may_give)
    return sum(-mind.policy(device.id).allowed(device.range_w).low_w for device in able)


def tank(mind: Mind, stores: Sequence[Device]) -> Tank | None:
    """All batteries whose size and charge are known, as one."""
    tanks = [each for device in stores if (each := _tank_of(mind, device)) is not None]
    if not tanks:
        return None
    return Tank(
        max_charge_w=sum(each.max_charge_w for each in tanks),
        max_discharge_w=sum(each.max_discharge_w for each in tanks),
        capacity_wh=sum(each.capacity_wh for each in tanks),
        stored_wh=sum(each.stored_wh for each in tanks),
        efficiency=min(each.efficiency for each in tanks),
    )


def _tank_of(mind: Mind, device: Device) -> Tank | None:
    info, policy = device.info, mind.policy(device.id)
    if info is None or not info.capacity_wh or device.soc_pct is None:
        return None
    usable_wh = info.capacity_wh * (policy.ceiling_soc_pct - policy.reserve_soc_pct) / 100
    stored_wh = info.capacity_wh * (device.soc_pct - policy.reserve_soc_pct) / 100
    allowed = policy.allowed(device.range_w)
    return Tank(
        max_charge_w=allowed.high_w,
        max_discharge_w=-allowed.low_w,
        capacity_wh=usable_wh,
        stored_wh=min(usable_wh, max(0.0, stored_wh)),
        efficiency=(policy.round_trip_pct or info.round_trip_pct or 100.0) / 100,
    )

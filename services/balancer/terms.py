"""What each device may do and what it needs, for whoever plans: its own limits and its owner's wishes. Pure."""

from datetime import UTC, datetime, timedelta

from common.contract import Terms
from services.balancer.loads.day import left_of_day_s, until_s
from services.balancer.mind import Mind
from services.balancer.planning import is_overdue
from services.balancer.switchboard import missing_wh, rated_w
from services.balancer.world import Device

PLANNED = ("surplus", "needed")
"""Loads whose time is a matter of choice."""
COARSE_WH, COARSE_W = 20, 10
"""In such steps, so that not every reading says something new."""


def terms(mind: Mind, local: datetime) -> dict[str, Terms]:
    """Of every device of the order that takes part at the moment."""
    if mind.book.mode == "off":
        return {}
    present = (mind.world.devices[name] for name in mind.places if name in mind.world.devices)
    told = {device.id: _terms(mind, device, local) for device in present if device.id not in mind.absent}
    return {name: each for name, each in told.items() if each is not None}


def _terms(mind: Mind, device: Device, local: datetime) -> Terms | None:
    if device.kind == "battery":
        return _battery(mind, device)
    return _load(mind, device.id, local) if mind.policy(device.id).want in PLANNED else None


def _battery(mind: Mind, device: Device) -> Terms | None:
    policy, info = mind.policy(device.id), device.info
    if info is None:
        return None
    allowed = policy.allowed(device.range_w)
    return Terms(
        kind="battery",
        min_w=allowed.low_w,
        max_w=allowed.high_w,
        capacity_wh=info.capacity_wh,
        round_trip_pct=policy.round_trip_pct or info.round_trip_pct,
        reserve_soc_pct=policy.reserve_soc_pct,
        ceiling_soc_pct=policy.ceiling_soc_pct,
    )


def _load(mind: Mind, name: str, local: datetime) -> Terms:
    policy, book = mind.policy(name), mind.switchboard.book(name)
    power_w, lacks_wh = rated_w(policy, book), missing_wh(policy, book)
    daily_wh = policy.need.missing_wh(0.0, 0.0, power_w, is_full=False)
    return Terms(
        kind="load",
        power_w=float(COARSE_W * max(1, round(power_w / COARSE_W))),
        is_needed=policy.want == "needed",
        need_wh=None if lacks_wh is None else COARSE_WH * round(lacks_wh / COARSE_WH),
        ready_by_ms=_ready_by_ms(mind, name, local, (lacks_wh or 0.0) / power_w * 3600),
        daily_wh=None if daily_wh is None else round(daily_wh),
        min_on_s=policy.min_on_s,
    )


def _ready_by_ms(mind: Mind, name: str, local: datetime, takes_s: float) -> int:
    """When it must have its fill; one that missed its hour as soon as it can."""
    ready_by = mind.policy(name).ready_by
    if is_overdue(mind, name, local):
        left_s = takes_s
    else:
        left_s = left_of_day_s(local, mind.config.day_starts) if ready_by is None else until_s(local, ready_by)
    return 1000 * round((local.astimezone(UTC) + timedelta(seconds=left_s)).timestamp())

"""When a wish becomes an order: by energy owed, so that 1 kW goes at once and 15 W after a while."""

from collections.abc import Mapping
from dataclasses import replace
from math import copysign, inf
from typing import NamedTuple

from services.balancer.core.cap import FIRST_PROBE_W
from services.balancer.core.dosed import SMALL_W, Dosed, seen_until
from services.balancer.core.merit import Bounds
from services.balancer.core.pulses import GAP_S
from services.balancer.core.speed import Situation

RETRY_S = 5.0
"""Shortest time until a device is asked again for what it did not do."""


class Due(NamedTuple):
    """An order that is worth sending."""

    device: str
    power_w: float
    """What it is to bring."""
    setpoint_w: float
    """What to tell the device for that: its gain corrected, and sometimes a probe on top on which nobody counts."""


def due_now(
    devices: tuple[Dosed, ...],
    wishes: Mapping[str, float],
    bounds: Mapping[str, Bounds],
    now: Situation,
    *,
    pulsing: bool,
) -> tuple[tuple[Dosed, ...], tuple[Due, ...]]:
    """The devices with what is owed to them, and the orders that are worth sending.

    While others, or nobody, have to take what a device cannot, its learnt limit is tried now and then.
    """
    after: list[Dosed] = []
    due: list[Due] = []
    for device in devices:
        wish_w, limits = wishes[device.id], bounds[device.id]
        error_w = abs(wish_w - device.sent_w)
        differs = _strays(device, limits) or error_w >= max(device.least_change_w, now.band_w)
        matters = differs and device.is_new(setpoint(device, wish_w, limits))
        owed_ws = device.owed_ws + error_w * now.period_s if matters else 0.0
        after.append(replace(seen_until(device, now.start_s), owed_ws=owed_ws))
        probe_w = _probe(device, wish_w, now.room_w - wish_w, now.now_s, limits)
        worth = probe_w or (matters and _is_worth(after[-1], wish_w, error_w, limits, now.noise_w))
        if worth and now.now_s - device.sent_at_s >= _gap_s(device, pulsing):
            due.append(Due(device.id, wish_w, setpoint(device, wish_w, limits, probe_w)))
    return tuple(after), tuple(due)


def setpoint(device: Dosed, wish_w: float, limits: Bounds, probe_w: float = 0.0) -> float:
    """What to tell a device so that it does `wish_w`: its gain corrected, its step and every limit kept."""
    asked_w = limits.clamp(wish_w / device.gain + probe_w)
    return limits.allowed(device.steps.nearest(asked_w), else_w=limits.clamp(device.steps.towards_zero(asked_w)))


def _gap_s(device: Dosed, pulsing: bool) -> float:
    retry_s = RETRY_S if device.setpoint_w is None else 0.0
    return max(device.refresh_s, GAP_S if pulsing else 0.0, retry_s) - 1e-6


def _is_worth(device: Dosed, wish_w: float, error_w: float, limits: Bounds, noise_w: float) -> bool:
    band_ws = device.energy_band_ws
    beyond = _strays(device, limits) or abs(limits.clamp(device.sent_w) - device.sent_w) > SMALL_W
    turns = wish_w * device.sent_w < 0 and error_w >= noise_w
    owed = device.owed_ws >= band_ws * device.patience
    return beyond or turns or owed or error_w * device.response_s >= 4 * band_ws


def _strays(device: Dosed, limits: Bounds) -> bool:
    """Whether the order in force, a probe on top included, asks for more than the device can or may do now."""
    asked_w = device.setpoint_w
    return device.overreaches or (asked_w is not None and abs(limits.clamp(asked_w) - asked_w) > SMALL_W)


def _probe(device: Dosed, wish_w: float, beyond_w: float, now_s: float, limits: Bounds) -> float:
    """What to ask on top of a wish at a learnt limit, on which nobody counts; 0 if it is not time for it."""
    cap = device.cap_for(beyond_w)
    wanted = cap.most_w < inf and abs(beyond_w) >= FIRST_PROBE_W / 2 and beyond_w * wish_w >= 0
    steps = device.steps.times(device.gain)
    reach_w = abs(steps.towards_zero(copysign(cap.most_w, beyond_w))) if wanted else 0.0
    reach_w = reach_w if reach_w >= limits.least_w else 0.0
    if not (wanted and device.awaiting is None and cap.is_due(wish_w, now_s, reach_w)):
        return 0.0
    least_w = max(limits.least_w, abs(steps.next_from(wish_w, beyond_w) - wish_w))
    probe_w = copysign(min(max(cap.probe_w, least_w), abs(beyond_w)), beyond_w)
    return probe_w if device.is_new(setpoint(device, wish_w, limits, probe_w)) else 0.0

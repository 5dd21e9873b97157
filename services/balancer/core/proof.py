"""What a measured power proves about a device: that an order is carried out, to how much of it, and where it ends.

A sample that comes in the middle of an order says nothing: anchoring there is worse than no telemetry at all.
"""

from dataclasses import replace

from services.balancer.core.cap import explaining_pct
from services.balancer.core.dosed import STUBBORN, Dosed, standing

NEAR_W = 20.0
NEAR_SHARE = 0.02
EXACT_W = 15.0
EXACT_SHARE = 0.015
TELLING_W = 100.0
"""Only set-points of this size tell something about the gain."""
LIMIT_W = 150.0
"""Smaller orders that are not followed show a dead band, not a limit."""
SHORT_W = 50.0
SHORT_SHARE = 0.1


def measured(
    device: Dosed, power_w: float, age_s: tuple[float, float], now_s: float, soc_pct: float | None = None
) -> Dosed:
    """Telemetry: a power that was real some time between `age_s` (least, most) ago."""
    device = _relaxed(device, soc_pct)
    seen_later_s = max(0.0, device.response.dead_time_s - device.told.dead_time_s)
    young_s, old_s = now_s - age_s[0] + seen_later_s, now_s - age_s[1] + seen_later_s
    moving = not all(track.is_settled(old_s) for track in (device.early, device.nominal, device.late))
    if device.awaiting is not None or moving:
        return (
            _arrived(device, young_s) if _has_arrived(device, power_w) else _in_flight(device, power_w, old_s, young_s)
        )
    return _settled(device, power_w, old_s, now_s, soc_pct)


def _in_flight(device: Dosed, power_w: float, old_s: float, young_s: float) -> Dosed:
    """A sample on the way says nothing, unless no explanation reaches it: then that is what it does instead."""
    tracks = (device.early, device.nominal, device.late)
    powers = [track.at(time_s) for track in tracks for time_s in (old_s, young_s)]
    powers += [device.proven_w, device.sent_w] if device.may_ignore else []
    if min(powers) - SHORT_W <= power_w <= max(powers) + SHORT_W:
        return device
    return replace(device, proven=False, proven_w=power_w, doubted=True)


def _has_arrived(device: Dosed, power_w: float) -> bool:
    """Whether the sample shows the goal, and the goal is far enough from where the device came from to tell."""
    near = max(NEAR_W, NEAR_SHARE * abs(device.sent_w))
    return abs(power_w - device.sent_w) <= near and abs(device.sent_w - device.proven_w) > 2 * near


def _arrived(device: Dosed, since_s: float) -> Dosed:
    """In flight no longer: every explanation stands at the goal from here on."""
    return replace(_proven(device, device.sent_w, since_s), misses=0)


def _proven(device: Dosed, power_w: float, since_s: float) -> Dosed:
    """It has been seen to do this, and nothing else is on its way."""
    return replace(standing(device, since_s, power_w), proven=True, proven_w=power_w, doubted=False)


def _relaxed(device: Dosed, soc_pct: float | None) -> Dosed:
    charge, discharge = device.charge_cap.relaxed(soc_pct), device.discharge_cap.relaxed(soc_pct)
    same = charge is device.charge_cap and discharge is device.discharge_cap
    return device if same else replace(device, charge_cap=charge, discharge_cap=discharge)


def _settled(device: Dosed, power_w: float, since_s: float, now_s: float, soc_pct: float | None) -> Dosed:
    """At rest, the measurement replaces the model.

    A little off is the device's gain, and is corrected. Too little is asked for again, and learnt as a limit the
    third time, or the second if it had set out. Too much, the wrong way, or hardly anything of a small order is
    asked for again twice.
    """
    seen = _beyond_cap(_proven(device, power_w, since_s), power_w, now_s)
    wanted_w, off_w = abs(device.sent_w), abs(power_w - device.sent_w)
    if off_w <= max(EXACT_W, EXACT_SHARE * wanted_w):
        waits = device.is_stubborn or device.setpoint_w is None  # for something else to be told, or for the same again
        return seen if waits else replace(seen, misses=0)
    if _tells(device) and (off_w <= max(SHORT_W, SHORT_SHARE * wanted_w) or _does_as_told(device, power_w)):
        return replace(seen, misses=0, sent_w=power_w, gain=_gain(device, power_w))
    if wanted_w >= LIMIT_W and abs(power_w) < wanted_w and power_w * device.sent_w >= 0:
        has_moved = abs(device.sent_w - device.proven_w) - off_w > SHORT_W
        return _short(seen, power_w, now_s, soc_pct, has_moved)
    return _asked_again(seen, power_w, seen.misses + 1)


def _tells(device: Dosed) -> bool:
    return device.setpoint_w is not None and abs(device.setpoint_w) >= TELLING_W


def _does_as_told(device: Dosed, power_w: float) -> bool:
    """Whether it does the set-point itself, although something else was meant to come of it: the gain is wrong."""
    told_w = device.setpoint_w
    return told_w is not None and abs(power_w - told_w) <= max(EXACT_W, EXACT_SHARE * abs(told_w))


def _gain(device: Dosed, power_w: float) -> float:
    """What comes of each watt ordered."""
    assert device.setpoint_w  # one that tells
    learnt = device.gain + 0.5 * (power_w / device.setpoint_w - device.gain)
    return min(1 + SHORT_SHARE, max(1 - SHORT_SHARE, learnt))


def _asked_again(device: Dosed, power_w: float, misses: int) -> Dosed:
    held_w = device.setpoint_w if misses >= STUBBORN else None
    return replace(device, misses=misses, sent_w=power_w, setpoint_w=held_w)


def _short(device: Dosed, power_w: float, now_s: float, soc_pct: float | None, has_moved: bool) -> Dosed:
    """One that set out and came to rest short of the goal has heard; one that did not may have lost the order."""
    misses = STUBBORN - 1 if has_moved else device.misses + 1
    if misses < STUBBORN:
        return _asked_again(device, power_w, misses)
    cap = device.cap_for(device.sent_w).found(power_w, now_s, explaining_pct(device.sent_w, soc_pct))
    capped = replace(device, misses=0, sent_w=power_w)
    return replace(capped, charge_cap=cap) if device.sent_w > 0 else replace(capped, discharge_cap=cap)


def _beyond_cap(device: Dosed, power_w: float, now_s: float) -> Dosed:
    cap = device.cap_for(power_w)
    if abs(power_w) <= cap.most_w + NEAR_W:
        return device
    higher = cap.passed(power_w, now_s)
    return replace(device, charge_cap=higher) if power_w > 0 else replace(device, discharge_cap=higher)

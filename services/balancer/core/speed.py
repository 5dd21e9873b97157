"""When who acts: the merit order says who carries the load in the end, the quick ones carry it until then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.balancer.core.dosed import Dosed
from services.balancer.core.merit import Bounds, fill
from services.balancer.core.steps import Steps

SLOWER = 2.5
"""A device is slow if its response takes this many times that of the quickest."""
AGREE = 2
"""Slow devices follow the house when so many readings in a row agree on it."""
BEGUN_W = 75.0
"""Unexplained power towards its goal from which a slow device is taken to have begun."""
COUNTER_S = 15.0
"""Longest time for which a quick device may run against a slow one that is still coming back."""
OPPOSED_W = 100.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What the split remembers between readings."""

    last_w: tuple[float, ...] = ()
    """The estimate at the last readings."""
    calm_rest_w: float = 0.0
    """The estimate when it last held still for so many readings."""
    opposed_since_s: float | None = None

    def watch(self, rest_w: float, noise_w: float) -> "Pace":
        """Take in the estimate of one reading."""
        last_w = (*self.last_w, rest_w)[-AGREE:]
        still = not self.last_w or max(last_w) - min(last_w) <= 2 * noise_w
        return replace(self, last_w=last_w, calm_rest_w=rest_w if still else self.calm_rest_w)


def slow_ones(devices: Sequence[Dosed]) -> frozenset[str]:
    """The devices too slow to follow the quickest."""
    quickest_s = min((device.response_s for device in devices), default=0.0)
    return frozenset(device.id for device in devices if device.response_s > SLOWER * quickest_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One reading, as the split needs it."""

    start_s: float
    end_s: float
    now_s: float
    period_s: float
    """Time between two readings."""
    noise_w: float
    room_w: float
    """What the rules make of the house as it is now."""
    calm_room_w: float
    """What they make of it as it last held still."""
    unexplained_w: float
    """Reading minus estimate minus every device as believed."""
    bounds: Mapping[str, Bounds]
    steps: Mapping[str, Steps]
    band_w: float = 0.0
    """Smaller differences between wish and order are left alone."""


def by_speed(pace: Pace, devices: Sequence[Dosed], now: Situation) -> tuple[Pace, dict[str, float]]:
    """Wishes for all devices: slow ones their share of the calm house, quick ones what is left at this instant."""
    order = [device.id for device in devices]
    slow = slow_ones(devices)
    room_w = now.room_w
    if not slow:
        return pace, fill(order, now.bounds, now.steps, room_w)
    wishes = fill(order, now.bounds, now.steps, now.calm_room_w)
    quick = [device.id for device in devices if device.id not in slow]
    ahead_s = now.now_s + min(device.response.dead_time_s for device in devices if device.id in quick)
    coming_w = _coming(devices, slow, now, ahead_s)
    left_w = room_w - coming_w
    pace, opposed = _opposed(pace, coming_w, left_w, devices, now.now_s)
    if opposed:
        left_w = min(max(room_w, 0.0), max(min(room_w, 0.0), left_w))
    return pace, {**wishes, **fill(quick, now.bounds, now.steps, left_w)}


def _coming(devices: Sequence[Dosed], slow: frozenset[str], now: Situation, ahead_s: float) -> float:
    """What the slow devices will do at `ahead_s`, when an order given now to a quick one acts.

    A slow device whose confirmation is late or lost shows on the meter first: what the reading leaves unexplained
    is theirs, in proportion to how little is known of each, and one that has begun goes on along its ramp.
    """
    told = {device.id: device.explanations(now.start_s, now.end_s) for device in devices}
    width_w = {name: most_w - least_w for name, (_, least_w, most_w) in told.items()}
    shared_w = now.unexplained_w / max(1e-9, sum(width_w.values()))
    coming_w = 0.0
    for device in devices:
        if device.id in slow:
            extra_w = shared_w * width_w[device.id]
            towards_w = extra_w if device.sent_w > device.nominal.at(now.end_s) else -extra_w
            begun = towards_w > max(BEGUN_W, 3 * now.noise_w)
            coming_w += _carried_on(device, extra_w, now, ahead_s) if begun else device.nominal.at(ahead_s)
    return coming_w


def _carried_on(device: Dosed, extra_w: float, now: Situation, ahead_s: float) -> float:
    seen_w = device.nominal.mean(now.start_s, now.end_s) + extra_w
    reach_w = device.response.ramp_w_per_s * (ahead_s - (now.start_s + now.end_s) / 2)
    return seen_w + min(reach_w, max(-reach_w, device.sent_w - seen_w))


def _opposed(pace: Pace, coming_w: float, left_w: float, devices: Sequence[Dosed], now_s: float) -> tuple[Pace, bool]:
    """Whether quick has run against slow for too long."""
    if coming_w * left_w >= 0 or min(abs(coming_w), abs(left_w)) < OPPOSED_W:
        return replace(pace, opposed_since_s=None), False
    since_s = now_s if pace.opposed_since_s is None else pace.opposed_since_s
    allowed_s = min(COUNTER_S, max(device.response_s for device in devices))
    return replace(pace, opposed_since_s=since_s), now_s - since_s > allowed_s

"""The law of the balancer, once around: reading in, wishes and due orders out.

1. Hold the reading against everything the devices may be doing: what remains is the house (`rest`).
2. Room is what the grid should show minus that. > 0 there is power to place, < 0 there is power to find.
3. Room goes down the owner's order; quick devices carry what slow ones are not yet carrying.
4. A wish becomes an order when the energy owed since the last order makes it worth one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple

from services.balancer.core.cap import FIRST_PROBE_W
from services.balancer.core.dosed import Dosed, seen_until
from services.balancer.core.merit import Bounds
from services.balancer.core.noise import Noise
from services.balancer.core.overflow import RULE, Overflow
from services.balancer.core.pulses import GAP_S, Pulses
from services.balancer.core.rest import Evidence, Rest, estimate, trust
from services.balancer.core.speed import Pace, Situation, by_speed
from services.balancer.core.wish import House, Room, Rule, agree

SMALL_W = 3.0
"""Smaller differences between wish and order are nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One meter message: mean grid power over a time that ends at `end_s`."""

    grid_w: float
    start_s: float
    end_s: float
    at_s: float
    """When it was known: orders leave then."""


@dataclass(frozen=True, slots=True)
class Core:
    """All that the law remembers between readings."""

    devices: tuple[Dosed, ...] = ()
    """In the owner's order."""
    rest: Rest | None = None
    pulses: Pulses = field(default_factory=Pulses)
    noise: Noise = field(default_factory=Noise)
    pace: Pace = field(default_factory=Pace)
    overflow: Overflow = field(default_factory=Overflow)

    def device(self, device_id: str) -> Dosed | None:
        """The device of that id, if it is dosed."""
        return next((device for device in self.devices if device.id == device_id), None)

    def with_device(self, changed: Dosed) -> "Core":
        """The same with one device exchanged."""
        return replace(self, devices=tuple(changed if known.id == changed.id else known for known in self.devices))


class Due(NamedTuple):
    """An order that is worth sending."""

    device: str
    power_w: float
    """What it is to bring."""
    setpoint_w: float
    """What to tell the device for that: its gain corrected, and sometimes a probe on top on which nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one reading led to."""

    rest_w: float
    room: Room
    wishes: Mapping[str, float]
    due: tuple[Due, ...]
    pulsing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What the law shall achieve, and within what."""

    rules: Sequence[Rule]
    house: House
    """What the rules look at; its `rest_w` is filled in here."""
    bounds: Mapping[str, Bounds]
    foreign_w: float = 0.0
    """Measured power of devices that regulate themselves."""

    def room(self, rest_w: float) -> Room:
        """What the rules make of a house that draws `rest_w`."""
        return agree(replace(self.house, rest_w=rest_w), self.rules)


def decide(core: Core, reading: Reading, aim: Aim) -> tuple[Core, Outcome]:
    """One reading, one decision. Pure: the same core, reading and aim give the same outcome."""
    now_s = reading.at_s
    seen = _evidence(core, reading, aim.foreign_w)
    rest = _estimate(core, reading, seen)
    noise_w = core.noise.band_w
    quickest_s = min((device.response_s for device in core.devices), default=1.0)
    pulses = core.pulses.watch(now_s, seen, quickest_s)
    pulsing = pulses.is_on(now_s)
    acted_on_w = pulses.quantile_w(0.5) if pulsing else rest.rest_w
    pace = core.pace.watch(acted_on_w, noise_w)
    room, overflow = _eased(aim.room(acted_on_w), core.overflow, reading.end_s - reading.start_s)
    situation = Situation(
        start_s=reading.start_s,
        end_s=reading.end_s,
        now_s=now_s,
        noise_w=noise_w,
        room_w=room.room_w,
        calm_room_w=room.room_w if room.rule == RULE else aim.room(pace.calm_rest_w).room_w,
        unexplained_w=seen.mid_w - rest.rest_w,
        bounds=aim.bounds,
        steps_w={device.id: device.step_w for device in core.devices},
    )
    pace, wishes = by_speed(pace, core.devices, situation)
    calm = all(device.proven and device.awaiting is None for device in core.devices)
    left_w = room.room_w - sum(wishes.values())
    devices, due = _worth(core.devices, wishes, reading, pulsing, left_w)
    after = Core(devices, rest, pulses, core.noise.watch(reading.grid_w, calm), pace, overflow)
    return after, Outcome(rest_w=rest.rest_w, room=room, wishes=wishes, due=due, pulsing=pulsing)


def _eased(room: Room, overflow: Overflow, period_s: float) -> tuple[Room, Overflow]:
    if room.rule != RULE:
        return room, Overflow()
    overflow = overflow.towards(room.room_w, period_s)
    return room._replace(room_w=overflow.given_w), overflow


def _evidence(core: Core, reading: Reading, foreign_w: float) -> Evidence:
    lo = mid = hi = reading.grid_w - foreign_w
    obeyed_w, ignored_w = 0.0, inf
    for device in core.devices:
        nominal, least, most = device.explanations(reading.start_s, reading.end_s)
        obeyed_w += most - least
        if not device.proven:
            ignored_w = min(ignored_w, abs(device.proven_w - nominal))
            least, most = min(least, device.proven_w), max(most, device.proven_w)
        lo, mid, hi = lo - most, mid - nominal, hi - least
    return Evidence(lo, mid, hi, obeyed_w, ignored_w)


def _estimate(core: Core, reading: Reading, seen: Evidence) -> Rest:
    if core.rest is None:
        return Rest(seen.mid_w)
    return estimate(core.rest, seen, core.noise.band_w, _trust(core, reading))


def _trust(core: Core, reading: Reading) -> float:
    """Nobody is followed beyond the bounds while an order lacks its confirmation."""
    if any(device.awaiting for device in core.devices):
        return 0.0
    flying = [device for device in core.devices if not device.late.is_settled(reading.start_s)] or core.devices
    period_s = reading.end_s - reading.start_s
    return min(
        (trust(device.spread, device.response.dead_time_s, period_s) for device in flying),
        default=1.0,
    )


def _worth(
    devices: tuple[Dosed, ...], wishes: Mapping[str, float], reading: Reading, pulsing: bool, left_w: float
) -> tuple[tuple[Dosed, ...], tuple[Due, ...]]:
    """Which wishes are worth an order now: by energy owed, so that 1 kW goes at once and 15 W after a while.

    `left_w` is the room that nobody took; while there is some, a learnt limit is tried now and then.
    """
    after: list[Dosed] = []
    due: list[Due] = []
    for device in devices:
        wish_w = wishes[device.id]
        error_w = abs(wish_w - device.sent_w)
        matters = error_w >= max(device.step_w, SMALL_W)
        owed_ws = device.owed_ws + error_w * (reading.end_s - reading.start_s) if matters else 0.0
        after.append(replace(seen_until(device, reading.start_s), owed_ws=owed_ws))
        probe_w = _probe(device, wish_w, left_w, reading.at_s)
        gap_s = max(device.refresh_s, GAP_S if pulsing else 0.0)
        rested = reading.at_s - device.sent_at_s >= gap_s - 1e-6
        if rested and (probe_w or (matters and _is_worth(device, wish_w, error_w, owed_ws))):
            due.append(Due(device.id, wish_w, setpoint(device, wish_w, probe_w)))
    return tuple(after), tuple(due)


def _is_worth(device: Dosed, wish_w: float, error_w: float, owed_ws: float) -> bool:
    band_ws = device.energy_band_ws
    return owed_ws >= band_ws or error_w * device.response_s >= 4 * band_ws or wish_w * device.sent_w < 0


def _probe(device: Dosed, wish_w: float, left_w: float, now_s: float) -> float:
    """What to ask on top of a wish at a learnt limit, on which nobody counts; 0 if it is not time for it."""
    cap = device.cap_for(left_w)
    wanted = abs(left_w) >= FIRST_PROBE_W / 2 and left_w * wish_w >= 0
    if not (wanted and device.awaiting is None and cap.is_due(wish_w, now_s)):
        return 0.0
    return cap.probe_w if left_w > 0 else -cap.probe_w


def setpoint(device: Dosed, wish_w: float, probe_w: float = 0.0) -> float:
    """What to tell a device so that it does `wish_w`: its gain corrected, its step and range kept."""
    asked_w = wish_w / device.gain + probe_w
    return min(device.max_w, max(device.min_w, round(asked_w / device.step_w) * device.step_w))

"""The law of the balancer, once around: reading in, wishes and due orders out.

1. Hold the reading against everything the devices may be doing: what remains is the house (`rest`).
2. Room is what the grid should show minus that. > 0 there is power to place, < 0 there is power to find.
3. Room goes down the owner's order; quick devices carry what slow ones are not yet carrying.
4. A wish becomes an order when the energy owed since the last order makes it worth one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from services.balancer.core.dosed import Dosed
from services.balancer.core.due import Due, due_now
from services.balancer.core.merit import Bounds
from services.balancer.core.noise import Noise
from services.balancer.core.overflow import RULE, Overflow
from services.balancer.core.pulses import Pulses
from services.balancer.core.rest import Evidence, Rest, estimate, trust
from services.balancer.core.speed import Pace, Situation, by_speed
from services.balancer.core.wish import House, Room, Rule, agree


@dataclass(frozen=True, slots=True)
class Reading:
    """One meter message: mean grid power over a time, or the power of the moment if start and end are the same."""

    grid_w: float
    start_s: float
    end_s: float
    at_s: float
    """When it was known: orders leave then."""
    period_s: float = 1.0
    """Time between two readings."""


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
    """What each device may be told now; what it has shown that it can do is narrower."""
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
    room, overflow = _eased(aim.room(acted_on_w), core.overflow, reading.period_s)
    situation = Situation(
        start_s=reading.start_s,
        end_s=reading.end_s,
        now_s=now_s,
        period_s=reading.period_s,
        noise_w=noise_w,
        room_w=room.room_w,
        calm_room_w=room.room_w if room.rule == RULE else aim.room(pace.calm_rest_w).room_w,
        unexplained_w=seen.mid_w - rest.rest_w,
        bounds={device.id: aim.bounds[device.id].within(device.reach) for device in core.devices},
        steps_w={device.id: device.step_w for device in core.devices},
    )
    pace, wishes = by_speed(pace, core.devices, situation)
    calm = not pulsing and all(device.proven and device.awaiting is None for device in core.devices)
    devices, due = due_now(core.devices, wishes, aim.bounds, situation, pulsing=pulsing)
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
    return min(
        (trust(device.spread, device.response.dead_time_s, reading.period_s) for device in flying),
        default=1.0,
    )

"""The law of the balancer, once around: reading in, wishes and due orders out.

1. Hold the reading against everything the devices may be doing: what remains is the house (`rest`).
2. Room is what the grid should show minus that. > 0 there is power to place, < 0 there is power to find.
3. Room goes down the owner's order; quick devices carry what slow ones are not yet carrying.
4. A wish becomes an order when the energy owed since the last order makes it worth one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from services.balancer.core.dosed import Dosed, seen_until
from services.balancer.core.due import Due, due_now
from services.balancer.core.merit import Bounds
from services.balancer.core.noise import Noise
from services.balancer.core.overflow import RULE, Overflow
from services.balancer.core.pulses import Pulses
from services.balancer.core.rest import DRIFT, DRIFT_PROMPT, Evidence, Rest, estimate, trust
from services.balancer.core.speed import Pace, Situation, by_speed
from services.balancer.core.trend import Trend
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
    loads: tuple[Dosed, ...] = ()
    """Switched loads: nobody doses them, but an order to switch is on its way like any other."""
    rest: Rest | None = None
    pulses: Pulses = field(default_factory=Pulses)
    noise: Noise = field(default_factory=Noise)
    pace: Pace = field(default_factory=Pace)
    overflow: Overflow = field(default_factory=Overflow)
    trend: Trend = field(default_factory=Trend)

    def device(self, device_id: str) -> Dosed | None:
        """The device of that id, if it is dosed."""
        return next((device for device in self.devices if device.id == device_id), None)

    def with_device(self, changed: Dosed) -> "Core":
        """The same with one device exchanged."""
        return replace(self, devices=tuple(changed if known.id == changed.id else known for known in self.devices))

    def tracked(self, device_id: str) -> Dosed | None:
        """The device or load of that id, if it takes part."""
        return next((device for device in self.moving if device.id == device_id), None)

    def with_tracked(self, changed: Dosed) -> "Core":
        """The same with one device or load exchanged."""
        loads = tuple(changed if known.id == changed.id else known for known in self.loads)
        return replace(self.with_device(changed), loads=loads)

    @property
    def is_prompt(self) -> bool:
        """Whether all that is dosed answers at once."""
        return bool(self.devices) and all(device.is_prompt for device in self.devices)

    @property
    def is_still(self) -> bool:
        """Whether the house moves by no more than noise, or by jumps."""
        return abs(self.trend.per_reading_w) <= self.noise.band_w

    @property
    def moving(self) -> tuple[Dosed, ...]:
        """Everything that an order of ours may have set in motion."""
        return (*self.devices, *self.loads) if self.loads else self.devices


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
    loads_w: float = 0.0
    """What the switched loads will draw once this decision is carried out."""
    band_w: float = 0.0
    """Smaller differences are left alone, unless a limit of the connection binds."""

    def room(self, rest_w: float) -> Room:
        """What the rules make of a house that draws `rest_w` beside its loads."""
        return agree(replace(self.house, rest_w=rest_w + self.loads_w), self.rules)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reading says about the house, before anything is decided."""

    rest_w: float
    """The house without the devices that are dosed or switched, as far as the evidence says."""
    acted_on_w: float
    """The same as it is acted on: while it pulses, a quantile of its course."""
    calm_w: float
    """The same when it last held still."""
    ahead_w: float
    """By how much it will differ when an order of now acts, as far as that can be told."""
    unexplained_w: float
    """Reading minus estimate minus every device as believed: what is left to the dosed ones of it."""
    noise_w: float
    pulsing: bool


def decide(core: Core, reading: Reading, aim: Aim) -> tuple[Core, Outcome]:
    """One reading, one decision. Pure: the same core, reading and aim give the same outcome."""
    core, sight = look(core, reading, aim.foreign_w)
    return act(core, sight, reading, aim)


def look(core: Core, reading: Reading, foreign_w: float) -> tuple[Core, Sight]:
    """Hold the reading against everything the devices may be doing: what remains is the house."""
    seen = _evidence(core, reading, foreign_w)
    rest = _estimate(core, reading, seen)
    noise_w = core.noise.band_w
    quickest_s = min((device.response_s for device in core.devices), default=1.0)
    pulses = core.pulses.watch(reading.at_s, seen, quickest_s)
    pulsing = pulses.is_on(reading.at_s)
    acted_on_w = pulses.quantile_w(0.5) if pulsing else rest.rest_w
    pace = core.pace.watch(acted_on_w, noise_w)
    calm = not pulsing and all(device.proven and device.awaiting is None for device in core.moving)
    loads = tuple(seen_until(load, reading.start_s) for load in core.loads)
    noise = core.noise.watch(reading.grid_w, calm)
    trend = core.trend.watch(rest.rest_w)
    after = Core(core.devices, loads, rest, pulses, noise, pace, core.overflow, trend)
    unexplained_w = (seen.mid_w - rest.rest_w) * _share_of_the_dosed(core, reading)
    ahead_w = 0.0 if pulsing else _ahead_w(after, reading)
    return after, Sight(rest.rest_w, acted_on_w, pace.calm_rest_w, ahead_w, unexplained_w, noise_w, pulsing)


def act(core: Core, sight: Sight, reading: Reading, aim: Aim) -> tuple[Core, Outcome]:
    """Share the room out, and see which order is worth sending."""
    room, overflow = _eased(aim.room(sight.acted_on_w + sight.ahead_w), core.overflow, reading.period_s)
    situation = Situation(
        start_s=reading.start_s,
        end_s=reading.end_s,
        now_s=reading.at_s,
        period_s=reading.period_s,
        noise_w=sight.noise_w,
        room_w=room.room_w,
        calm_room_w=room.room_w if room.rule == RULE else aim.room(sight.calm_w).room_w,
        unexplained_w=sight.unexplained_w,
        bounds={device.id: aim.bounds[device.id].within(device.reach) for device in core.devices},
        steps={device.id: device.steps.times(device.gain) for device in core.devices},
        band_w=0.0 if room.bound_by else aim.band_w,
    )
    pace, wishes = by_speed(core.pace, core.devices, situation)
    devices, due = due_now(core.devices, wishes, aim.bounds, situation, pulsing=sight.pulsing)
    after = replace(core, devices=devices, pace=pace, overflow=overflow)
    return after, Outcome(rest_w=sight.rest_w, room=room, wishes=wishes, due=due, pulsing=sight.pulsing)


def _ahead_w(core: Core, reading: Reading) -> float:
    """The trend, carried on from the middle of the reading to the middle of the time in which an order of now rules.

    Only where all that is dosed answers at once: others have a course of their own until then.
    """
    if not core.is_prompt:
        return 0.0
    acts_s = reading.at_s + max(device.response.dead_time_s for device in core.devices) + reading.period_s / 2
    return core.trend.per_reading_w * (acts_s - (reading.start_s + reading.end_s) / 2) / reading.period_s


def _share_of_the_dosed(core: Core, reading: Reading) -> float:
    """How much of what is unexplained may be the dosed devices' doing; the rest is that of loads being switched."""
    if not core.loads:
        return 1.0
    dosed_w, loads_w = (_width_w(devices, reading) for devices in (core.devices, core.loads))
    return dosed_w / (dosed_w + loads_w) if loads_w > 0 else 1.0


def _width_w(devices: Sequence[Dosed], reading: Reading) -> float:
    told = (device.explanations(reading.start_s, reading.end_s) for device in devices)
    return sum(most_w - least_w for _, least_w, most_w in told)


def _eased(room: Room, overflow: Overflow, period_s: float) -> tuple[Room, Overflow]:
    if room.rule != RULE:
        return room, Overflow()
    overflow = overflow.towards(room.room_w, period_s)
    return room._replace(room_w=overflow.given_w), overflow


def _evidence(core: Core, reading: Reading, foreign_w: float) -> Evidence:
    lo = mid = hi = reading.grid_w - foreign_w
    obeyed_w, ignored_w = 0.0, inf
    for device in core.moving:
        nominal, least, most = device.explanations(reading.start_s, reading.end_s)
        obeyed_w += most - least
        if device.may_ignore:
            ignored_w = min(ignored_w, abs(device.proven_w - nominal))
            least, most = min(least, device.proven_w), max(most, device.proven_w)
        lo, mid, hi = lo - most, mid - nominal, hi - least
    return Evidence(lo, mid, hi, obeyed_w, ignored_w)


def _estimate(core: Core, reading: Reading, seen: Evidence) -> Rest:
    if core.rest is None:
        return Rest(seen.mid_w)
    drift = DRIFT_PROMPT if core.is_prompt else DRIFT
    return estimate(core.rest, seen, core.noise.band_w, _trust(core, reading), drift)


def _trust(core: Core, reading: Reading) -> float:
    """Nobody is followed beyond the bounds while an order lacks its confirmation."""
    if any(device.awaiting for device in core.moving):
        return 0.0
    flying = [device for device in core.moving if not device.late.is_settled(reading.start_s)] or core.devices
    return min(
        (trust(device.spread, device.response.dead_time_s, reading.period_s) for device in flying),
        default=1.0,
    )

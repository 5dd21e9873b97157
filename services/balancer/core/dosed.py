"""One device that takes set-points: what it was told, what it may be doing, what it has proven.

Between an order and its proof a device may do four things: answer as believed, earlier, later, or not at all.
All four are kept as tracks, and the meter decides between them.
"""

from dataclasses import dataclass, field, replace
from math import inf

from services.balancer.core.cap import Cap
from services.balancer.core.merit import Bounds
from services.balancer.core.response import MOST_SPREAD, Response
from services.balancer.core.steps import Steps
from services.balancer.core.track import Track

SMALL_W = 3.0
"""Smaller differences between wish and order are nothing."""
STUBBORN = 3
"""So often asked in vain for the same, it is asked again only for something else …"""
ELSE_W = 50.0
"""… by this much."""
FINE_W = 300.0
SOON_S = 60.0
PATIENT_AFTER, MOST_TURNS = 2, 6
"""Fine corrections to and fro, each within a minute: after two of them more energy must be owed for the next."""
JUMP_W_PER_S = 20_000.0
"""A ramp that no meter can tell from a jump."""
LOSSY_S = 3.0
"""What a lost exchange costs on a link that takes orders only now and then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosed:
    """State of one device between decisions. Powers in W, + consumes."""

    id: str
    min_w: float
    """Lowest set-point it takes (signed)."""
    max_w: float
    steps: Steps = field(default_factory=Steps)
    """What it can be told."""
    refresh_s: float = 0.0
    """Shortest time between two orders. Above 0 it is a slow link on which exchanges get lost."""
    response: Response
    told: Response
    """What the device's bridge says of its response; what was learnt beyond it is the meter's own delay."""
    spread: float = MOST_SPREAD
    """Factor by which the response may be wrong, either way."""
    early: Track
    nominal: Track
    late: Track
    sent_w: float = 0.0
    """The power the last order is to bring, without a probe on top."""
    setpoint_w: float | None = None
    """The set-point it was told for that; None if it is not known to hold one of ours."""
    gain: float = 1.0
    """Power per set-point: many devices give some per cent more or less than they are told."""
    sent_at_s: float = -inf
    awaiting: str | None = None
    """Command whose execution is not yet confirmed."""
    proven: bool = True
    """Telemetry has shown that the last order is carried out."""
    proven_w: float = 0.0
    """Power last seen settled."""
    doubted: bool = False
    """Since it was last seen where it was told to be, it has been seen where no explanation reaches."""
    owed_ws: float = 0.0
    """Energy by which reality falls behind the wish since the last order."""
    last_step_w: float = 0.0
    """By how much the last order changed what it was to bring."""
    turns: int = 0
    """Fine corrections to and fro in a row."""
    misses: int = 0
    """So often in a row it did something else than it was told."""
    charge_cap: Cap = field(default_factory=Cap)
    discharge_cap: Cap = field(default_factory=Cap)

    @property
    def is_lossy(self) -> bool:
        """Whether orders travel over a link that loses them."""
        return self.refresh_s >= 1

    @property
    def response_s(self) -> float:
        """Time scale of the device, for dead bands and for who is slow beside whom."""
        return self.response.time_s() + (LOSSY_S if self.is_lossy else 0.0)

    @property
    def is_prompt(self) -> bool:
        """Whether it says that it has no ramp, as a dimmer or a heater."""
        return self.told.ramp_w_per_s >= JUMP_W_PER_S and not self.is_lossy

    @property
    def may_ignore(self) -> bool:
        """Whether the last order may not have been carried out. Of what jumps, a confirmation is proof enough."""
        return not self.proven and (self.doubted or self.awaiting is not None or not self.is_prompt)

    @property
    def energy_band_ws(self) -> float:
        """Energy that may be owed before an order is worth sending: 15 Ws for what jumps, 400 Ws over UDP, else 40."""
        return 15.0 if self.is_prompt else 40.0 + 180.0 * self.refresh_s

    @property
    def patience(self) -> float:
        """Factor on that band, while corrections only go to and fro: the device has coarser steps than it says."""
        return 2.0 ** max(0, self.turns - PATIENT_AFTER)

    @property
    def overreaches(self) -> bool:
        """Whether it stands under an order beyond what it has shown that it can do, and beyond a probe."""
        if self.setpoint_w is None:
            return False
        cap = self.cap_for(self.setpoint_w)
        return abs(self.setpoint_w) > cap.most_w + cap.probe_w + SMALL_W

    @property
    def is_stubborn(self) -> bool:
        """Whether it was asked for the same too often in vain."""
        return self.misses >= STUBBORN

    def is_new(self, setpoint_w: float) -> bool:
        """Whether being told this would be anything new to it."""
        if self.setpoint_w is None:
            return True
        return abs(setpoint_w - self.setpoint_w) >= (ELSE_W if self.is_stubborn else self.least_change_w)

    @property
    def least_change_w(self) -> float:
        """What an order must differ by to be another: a step, or anything that matters between levels."""
        return SMALL_W if self.steps.levels_w else max(self.steps.step_w, SMALL_W)

    @property
    def reach(self) -> Bounds:
        """What it has shown that it can do."""
        return Bounds(-self.discharge_cap.most_w, self.charge_cap.most_w)

    def cap_for(self, power_w: float) -> Cap:
        """The learnt limit in the direction of `power_w`."""
        return self.charge_cap if power_w > 0 else self.discharge_cap

    def explanations(self, start_s: float, end_s: float) -> tuple[float, float, float]:
        """(nominal, least, most) power it had in the mean over a time, if it carries out what it was told."""
        nominal = self.nominal.mean(start_s, end_s)
        early, late = self.early.mean(start_s, end_s), self.late.mean(start_s, end_s)
        return nominal, min(nominal, early, late), max(nominal, early, late)


def seen_until(device: Dosed, time_s: float) -> Dosed:
    """The same without what no later reading can ask for."""
    tracks = (device.early, device.nominal, device.late)
    if all(len(track.knots) == 1 or track.knots[1][0] > time_s for track in tracks):
        return device
    early, nominal, late = (track.since(time_s) for track in tracks)
    return replace(device, early=early, nominal=nominal, late=late)


def begin(
    device_id: str,
    power_w: float,
    now_s: float,
    *,
    min_w: float,
    max_w: float,
    steps: Steps,
    refresh_s: float,
    response: Response,
) -> Dosed:
    """A device first seen, doing `power_w`."""
    still = Track.constant(power_w, now_s)
    return Dosed(
        id=device_id,
        min_w=min_w,
        max_w=max_w,
        steps=steps,
        refresh_s=refresh_s,
        response=response,
        told=response,
        early=still,
        nominal=still,
        late=still,
        sent_w=power_w,
        proven_w=power_w,
    )


def ordered(device: Dosed, cmd_id: str, power_w: float, setpoint_w: float, now_s: float) -> Dosed:
    """An order leaves, to bring `power_w`. It may act from now on; nominal and late begin when it is confirmed."""
    early = device.response.early(device.spread)
    if abs(setpoint_w) > device.cap_for(setpoint_w).most_w + 1:
        device = _probed(device, setpoint_w, now_s)
    return replace(
        device,
        early=device.early.then(now_s + early.dead_time_s, power_w, early.ramp_w_per_s),
        sent_w=power_w,
        setpoint_w=setpoint_w,
        sent_at_s=now_s,
        awaiting=cmd_id,
        proven=False,
        owed_ws=0.0,
        turns=_turns(device, power_w, now_s),
        last_step_w=power_w - device.sent_w,
        misses=0 if device.is_stubborn else device.misses,
    )


def _turns(device: Dosed, power_w: float, now_s: float) -> int:
    """Fine corrections to and fro in a row, with the one that leaves now."""
    step_w = power_w - device.sent_w
    if abs(step_w) > FINE_W:
        return 0
    to_and_fro = step_w * device.last_step_w < 0 and now_s - device.sent_at_s <= SOON_S
    return min(MOST_TURNS, device.turns + 1) if to_and_fro else max(0, device.turns - 1)


def _probed(device: Dosed, setpoint_w: float, now_s: float) -> Dosed:
    cap = device.cap_for(setpoint_w).tried(now_s)
    return replace(device, charge_cap=cap) if setpoint_w > 0 else replace(device, discharge_cap=cap)


def confirmed(device: Dosed, cmd_id: str, at_s: float) -> Dosed:
    """The device has confirmed an order; one that is not awaited any more changes nothing."""
    if cmd_id != device.awaiting:
        return device
    response, late = device.response, device.response.late(device.spread)
    return replace(
        device,
        awaiting=None,
        nominal=device.nominal.then(at_s + response.dead_time_s, device.sent_w, response.ramp_w_per_s),
        late=device.late.then(at_s + late.dead_time_s, device.sent_w, late.ramp_w_per_s),
    )


def failed(device: Dosed, cmd_id: str) -> Dosed:
    """An order was refused or lost for good: the device goes on as it did before, and the order is owed again."""
    if device.awaiting is None:  # it had been carried out, and now is no longer
        return replace(device, setpoint_w=None)
    if cmd_id != device.awaiting:
        return device
    return replace(device, awaiting=None, setpoint_w=None, sent_w=device.nominal.goal_w, early=device.nominal)


def standing(device: Dosed, since_s: float, power_w: float) -> Dosed:
    """Every explanation stands at `power_w` from `since_s` on; what was before is as it was."""
    return replace(
        device,
        early=device.early.standing(since_s, power_w),
        nominal=device.nominal.standing(since_s, power_w),
        late=device.late.standing(since_s, power_w),
    )


def free(device: Dosed, power_w: float, since_s: float) -> Dosed:
    """No order of ours is in force: what it does is its own affair, and proves nothing about orders."""
    still = standing(device, since_s, power_w)
    return replace(still, sent_w=power_w, setpoint_w=None, awaiting=None, proven=True, proven_w=power_w, misses=0)

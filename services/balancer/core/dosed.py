"""One device that takes set-points: what it was told, what it may be doing, what it has proven.

Between an order and its proof a device may do four things: answer as believed, earlier, later, or not at all.
All four are kept as tracks, and the meter decides between them.
"""

from dataclasses import dataclass, field, replace
from math import inf

from services.balancer.core.cap import Cap, explaining_pct
from services.balancer.core.response import MOST_SPREAD, Response
from services.balancer.core.track import Track

NEAR_W = 20.0
NEAR_SHARE = 0.02
EXACT_W = 15.0
EXACT_SHARE = 0.015
TELLING_W = 100.0
SHORT_W = 50.0
SHORT_SHARE = 0.1
MISSES_FOR_A_CAP = 3
LOSSY_S = 3.0
"""What a lost exchange costs on a link that takes orders only now and then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosed:
    """State of one device between decisions. Powers in W, + consumes."""

    id: str
    min_w: float
    """Lowest set-point it takes (signed)."""
    max_w: float
    step_w: float = 1.0
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
    setpoint_w: float = 0.0
    """The set-point that was sent for it."""
    gain: float = 1.0
    """Power per set-point: many devices give some per cent more or less than they are told."""
    sent_at_s: float = -inf
    awaiting: str | None = None
    """Command whose execution is not yet confirmed."""
    proven: bool = True
    """Telemetry has shown that the last order is carried out."""
    proven_w: float = 0.0
    """Power last seen settled."""
    owed_ws: float = 0.0
    """Energy by which reality falls behind the wish since the last order."""
    misses: int = 0
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
    def energy_band_ws(self) -> float:
        """Energy that may be owed before an order is worth sending: 40 Ws on a local link, 400 Ws over UDP."""
        return 40.0 + 180.0 * self.refresh_s

    @property
    def least_w(self) -> float:
        """Lowest set-point it is known to reach."""
        return max(self.min_w, -self.discharge_cap.most_w)

    @property
    def most_w(self) -> float:
        """Highest set-point it is known to reach."""
        return min(self.max_w, self.charge_cap.most_w)

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
    step_w: float,
    refresh_s: float,
    response: Response,
) -> Dosed:
    """A device first seen, doing `power_w`."""
    still = Track.constant(power_w, now_s)
    return Dosed(
        id=device_id,
        min_w=min_w,
        max_w=max_w,
        step_w=step_w,
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
    )


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
    """An order was refused or lost for good: the device does what it last proved, and the order is owed again."""
    if cmd_id != device.awaiting:
        return device
    return replace(device, awaiting=None, sent_w=device.proven_w)


def measured(
    device: Dosed, power_w: float, age_s: tuple[float, float], now_s: float, soc_pct: float | None = None
) -> Dosed:
    """Telemetry: a power that was real some time between `age_s` (least, most) ago."""
    device = _relaxed(device, soc_pct)
    seen_later_s = max(0.0, device.response.dead_time_s - device.told.dead_time_s)
    young_s, old_s = now_s - age_s[0] + seen_later_s, now_s - age_s[1] + seen_later_s
    moving = not all(track.is_settled(old_s) for track in (device.early, device.nominal, device.late))
    if device.awaiting is not None or moving:
        return _arrived(device, young_s) if _has_arrived(device, power_w) else device
    return _settled(device, power_w, old_s, now_s, soc_pct)


def _has_arrived(device: Dosed, power_w: float) -> bool:
    """Whether the sample shows the goal, and the goal is far enough from where the device came from to tell."""
    near = max(NEAR_W, NEAR_SHARE * abs(device.sent_w))
    return abs(power_w - device.sent_w) <= near and abs(device.sent_w - device.proven_w) > 2 * near


def _arrived(device: Dosed, since_s: float) -> Dosed:
    """In flight no longer: every explanation stands at the goal from here on."""
    return replace(_standing(device, since_s, device.sent_w), proven=True, proven_w=device.sent_w, misses=0)


def _standing(device: Dosed, since_s: float, power_w: float) -> Dosed:
    """Every explanation stands at `power_w` from `since_s` on; what was before is as it was."""
    return replace(
        device,
        early=device.early.standing(since_s, power_w),
        nominal=device.nominal.standing(since_s, power_w),
        late=device.late.standing(since_s, power_w),
    )


def _relaxed(device: Dosed, soc_pct: float | None) -> Dosed:
    charge, discharge = device.charge_cap.relaxed(soc_pct), device.discharge_cap.relaxed(soc_pct)
    same = charge is device.charge_cap and discharge is device.discharge_cap
    return device if same else replace(device, charge_cap=charge, discharge_cap=discharge)


def _settled(device: Dosed, power_w: float, since_s: float, now_s: float, soc_pct: float | None) -> Dosed:
    """At rest, the measurement replaces the model.

    A little off is the device's gain, and is corrected. Too little is asked for again, and the third time learnt
    as a limit. Too much, or the wrong way, is an order it did not take: it is asked for again.
    """
    seen = replace(_standing(device, since_s, power_w), proven=True, proven_w=power_w)
    wanted_w = abs(device.sent_w)
    off_w = abs(power_w - device.sent_w)
    if off_w <= max(EXACT_W, EXACT_SHARE * wanted_w):
        return _beyond_cap(replace(seen, misses=0), power_w, now_s)
    if off_w <= max(SHORT_W, SHORT_SHARE * wanted_w):
        return _beyond_cap(replace(seen, misses=0, sent_w=power_w, gain=_gain(device, power_w)), power_w, now_s)
    if abs(power_w) > wanted_w or power_w * device.sent_w < 0:
        return _beyond_cap(replace(seen, misses=0, sent_w=power_w), power_w, now_s)
    if device.misses + 1 < MISSES_FOR_A_CAP:
        return replace(seen, misses=device.misses + 1, sent_w=power_w)
    return _capped(seen, power_w, now_s, soc_pct)


def _gain(device: Dosed, power_w: float) -> float:
    """What comes of each watt ordered; only large orders tell."""
    if abs(device.setpoint_w) < TELLING_W:
        return device.gain
    learnt = device.gain + 0.5 * (power_w / device.setpoint_w - device.gain)
    return min(1 + SHORT_SHARE, max(1 - SHORT_SHARE, learnt))


def _capped(device: Dosed, power_w: float, now_s: float, soc_pct: float | None) -> Dosed:
    cap = device.cap_for(device.sent_w).found(power_w, now_s, explaining_pct(device.sent_w, soc_pct))
    if device.sent_w > 0:
        return replace(device, charge_cap=cap, misses=0, sent_w=power_w)
    return replace(device, discharge_cap=cap, misses=0, sent_w=power_w)


def _beyond_cap(device: Dosed, power_w: float, now_s: float) -> Dosed:
    cap = device.cap_for(power_w)
    if abs(power_w) <= cap.most_w + NEAR_W:
        return device
    higher = cap.passed(power_w, now_s)
    return replace(device, charge_cap=higher) if power_w > 0 else replace(device, discharge_cap=higher)

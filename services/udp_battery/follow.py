"""Does the battery do what it said it would? An acknowledgement is no proof; only a reading is. Pure."""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal, Self

from services.udp_battery.wire import VendorMode

Verdict = Literal["open", "proven", "again", "short", "deaf", "elsewhere"]
"""`open`: not known yet. `proven`: it follows. `again`: to be told once more. The others are final until it follows:
`short`: it stops at a lower power; `deaf`: it does nothing of the kind; `elsewhere`: it is in another mode."""

DEAD_TIME_S: Final = 2.5
"""From an order to the first change of power."""
RAMP_W_PER_S: Final = 500.0
LATE: Final = 1.3
"""The dead time of one order may be longer than usual by this factor."""
PROOF_S: Final = 12.0
"""From the order to the moment at which its effect must be seen."""
LOOK_AGAIN_S: Final = 4.0
RESENDS: Final = 2
KEEP_ASKING_S: Final = 60.0
"""How often a battery that stays under an order of ours is told to let go, once that was in vain."""
TOLERANCE_W: Final = 50.0
TOLERANCE: Final = 0.1
SMALLEST_W: Final = 100.0
"""A battery may not care to begin for less."""
TAPER_FROM_PCT: Final = 93.0
EMPTY_BELOW_PCT: Final = 13.0
"""Usual lower bound of the battery itself, 11 to 12 %, and one for rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one write says. Power is ours: + charge."""

    mode: Literal["Passive", "Auto"]
    power_w: int = 0
    hold_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The newest reading; None is unknown."""

    at_s: float
    mode: VendorMode | None
    power_w: float | None
    soc_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The last order the battery took, and whether it has been seen to follow."""

    order: Order
    fed_s: float
    """When it was last sent: its timer counts from here."""
    since_s: float
    """When this set-point began to be judged."""
    look_s: float
    """When to look next; never again if infinite, beyond the usual polls."""
    verdict: Verdict = "open"
    resends: int = 0
    short_w: tuple[float, ...] = ()
    """Powers at which it stopped short, one for each time it was told."""

    @property
    def ends_s(self) -> float:
        """When the battery lets go by itself."""
        return self.fed_s + self.order.hold_s if self.order.mode == "Passive" else math.inf

    @property
    def capped_w(self) -> float | None:
        """The signed power beyond which it does not go, if that is what we have found."""
        return max(self.short_w, key=abs) if self.verdict == "short" else None

    @property
    def is_in_vain(self) -> bool:
        """It has been told often enough, and does not follow."""
        return self.verdict in ("deaf", "elsewhere") or self.resends > RESENDS

    def looked(self, seen: Seen, *, is_fragile: bool) -> Self:
        """The order in the light of a reading."""
        judged = judge(self.order, seen)
        if judged == "follows":
            return replace(self, verdict="proven", look_s=math.inf, resends=0, short_w=())
        if judged == "unknown":
            return replace(self, look_s=_next_look(self, seen.at_s, is_fragile)) if self.verdict == "open" else self
        if self.verdict == "proven":
            return self._astray(seen, judged)
        if self.verdict == "open" and seen.at_s - self.since_s < PROOF_S:
            return replace(self, look_s=_next_look(self, seen.at_s, is_fragile))
        return self._failed(seen, judged)

    def _astray(self, seen: Seen, judged: Verdict) -> Self:
        """It followed and does no more: repeat at once if somebody changed its mode, else look twice."""
        if judged == "elsewhere" and seen.at_s - self.fed_s >= PROOF_S:
            return replace(self, verdict="again", look_s=math.inf)
        return replace(self, verdict="open", since_s=seen.at_s, look_s=seen.at_s + LOOK_AGAIN_S)

    def _failed(self, seen: Seen, judged: Verdict) -> Self:
        """Its time to show something is over."""
        power_w = seen.power_w if seen.power_w is not None else 0.0
        short_w = (*self.short_w[-RESENDS:], power_w) if judged == "short" else ()
        if self.verdict == "open" and self.resends < RESENDS:
            return replace(self, verdict="again", look_s=math.inf, short_w=short_w)
        if self.order.mode == "Auto" and seen.at_s - self.since_s >= KEEP_ASKING_S:
            return replace(self, verdict="again", look_s=math.inf)
        if judged == "short" and not (len(short_w) > RESENDS and max(short_w) - min(short_w) <= TOLERANCE_W):
            judged = "deaf"
        return replace(self, verdict=judged, look_s=math.inf, short_w=short_w)


def judge(order: Order, seen: Seen) -> Literal["follows", "unknown", "short", "deaf", "elsewhere"]:
    """One reading beside one order. What state of charge explains counts as following."""
    if seen.mode is not None and seen.mode != order.mode:
        return "elsewhere"
    if order.mode == "Auto":
        return "unknown" if seen.mode is None else "follows"
    if seen.power_w is None:
        return "unknown"
    goal_w, power_w = float(order.power_w), seen.power_w
    if abs(power_w - goal_w) <= max(TOLERANCE_W, TOLERANCE * abs(goal_w)) or _is_explained(
        goal_w, power_w, seen.soc_pct
    ):
        return "follows"
    is_short = power_w * goal_w > 0 and SMALLEST_W <= abs(power_w) < abs(goal_w)
    return "short" if is_short else "deaf"


def told(
    before: Told | None, order: Order, sent_s: float, now_s: float, seen: Seen | None, *, is_fragile: bool
) -> Told:
    """The memory of an order that was sent at `sent_s` and has just been taken."""
    is_same = before is not None and before.order.mode == order.mode and before.order.power_w == order.power_w
    if before is not None and is_same and before.verdict != "again":
        return replace(before, order=order, fed_s=sent_s)
    known_w = seen.power_w if seen is not None and seen.power_w is not None else 0.0
    step_w = order.power_w - known_w if order.mode == "Passive" else 0.0
    settles_s = PROOF_S if is_fragile else DEAD_TIME_S * LATE + abs(step_w) / RAMP_W_PER_S
    anew = Told(order=order, fed_s=sent_s, since_s=now_s, look_s=now_s + settles_s)
    if before is not None and is_same:
        return replace(anew, resends=before.resends + 1, short_w=before.short_w)
    return anew


def _next_look(order: Told, now_s: float, is_fragile: bool) -> float:
    proof_s = order.since_s + PROOF_S
    return max(proof_s, now_s + LOOK_AGAIN_S) if is_fragile else now_s + LOOK_AGAIN_S


def _is_explained(goal_w: float, power_w: float, soc_pct: float | None) -> bool:
    """Nearly full, nearly empty, or too little to begin for."""
    if abs(goal_w) < SMALLEST_W and abs(power_w) <= TOLERANCE_W:
        return True
    if soc_pct is None:
        return False
    takes_less = soc_pct >= TAPER_FROM_PCT and goal_w >= 0 and power_w <= goal_w  # below 0: its own PV passes through
    gives_less = soc_pct <= EMPTY_BELOW_PCT and goal_w < 0 and goal_w <= power_w <= TOLERANCE_W
    return takes_less or gives_less

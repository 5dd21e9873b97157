"""One battery follows its own meter, the others help: the choice of the leader, and what the helpers carry.

The leader regulates the house to zero by itself; helpers take over what it could not carry with room to spare. All
set-points together are the need of the house, so nothing circulates. Signs: need_w > 0 means the house lacks power.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

CALM_W = 100.0
"""Within this need it matters little who leads."""
SWITCH_SOC_PCT = 5.0
SWITCH_NEED_W = 1500.0
"""A better leader takes over only if its state of charge differs this much and the need is above this."""
LOW_PCT, HIGH_PCT = 20.0, 95.0
"""A leader at or beyond these is relieved."""
LEADER_W = 1500.0
"""What the leader carries before others help."""
LEAST_HELP_W = 300.0
"""Smaller powers are not worth a helper's losses."""
EVEN_SPREAD_PCT = 10.0
"""Below this spread of states of charge the helpers share alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One battery that can lead or help."""

    id: str
    soc_pct: float
    max_charge_w: float
    max_discharge_w: float
    may_charge: bool = True
    """Below its ceiling."""
    may_discharge: bool = True
    """Above its reserve."""
    round_trip: float = 1.0
    """Share of the energy that comes back."""

    def limit_w(self, need_w: float) -> float:
        """Most it can do about the need, as a magnitude."""
        if need_w > 0:
            return self.max_discharge_w if self.may_discharge else 0.0
        return self.max_charge_w if self.may_charge else 0.0


@dataclass(frozen=True, slots=True)
class Team:
    """Who leads, and what the others hold (+ charge, − discharge)."""

    leader: str | None
    helpers_w: dict[str, float]
    reason: str


def choose(batteries: Sequence[Candidate], need_w: float, leading: str | None) -> Team:
    """The team for a need, given who leads now. Without a battery that can help, nobody leads."""
    able = [battery for battery in batteries if battery.limit_w(need_w) > 0]
    if not able:
        edge = "empty" if need_w > 0 else "full"
        return Team(None, {battery.id: 0.0 for battery in batteries}, f"every battery is {edge}")
    best = _candidate(able, need_w)
    current = next((battery for battery in able if battery.id == leading), None)
    leader, reason = _keep_or_change(current, best, need_w)
    others = [battery for battery in batteries if battery.id != leader.id]
    return Team(leader.id, _help(leader, others, need_w), reason)


def _candidate(able: Sequence[Candidate], need_w: float) -> Candidate:
    """The fullest and most efficient to give, the emptiest and most efficient to take, else the middle one."""
    if need_w > CALM_W:
        return max(able, key=lambda battery: (battery.soc_pct * battery.round_trip, battery.id))
    if need_w < -CALM_W:
        return max(able, key=lambda battery: ((100 - battery.soc_pct) * battery.round_trip, battery.id))
    return sorted(able, key=lambda battery: (battery.soc_pct, battery.id))[len(able) // 2]


def _keep_or_change(current: Candidate | None, best: Candidate, need_w: float) -> tuple[Candidate, str]:
    if current is None:
        return best, "nobody led"
    if current.id == best.id:
        return current, "still the best choice"
    if _is_spent(current, need_w) and not _is_spent(best, need_w):
        return best, f"{current.id} is at {current.soc_pct:.0f} %"
    apart_pct = abs(best.soc_pct - current.soc_pct)
    if apart_pct < SWITCH_SOC_PCT:
        return current, "no other is fuller or emptier by 5 %"
    if abs(need_w) < SWITCH_NEED_W:
        return current, "no need to change at so little power"
    return best, f"{best.id} is {'fuller' if need_w > 0 else 'emptier'} by {apart_pct:.0f} %"


def _is_spent(battery: Candidate, need_w: float) -> bool:
    if need_w > CALM_W:
        return battery.soc_pct <= LOW_PCT
    return need_w < -CALM_W and battery.soc_pct >= HIGH_PCT


def _help(leader: Candidate, others: Sequence[Candidate], need_w: float) -> dict[str, float]:
    """Share what the leader does not carry; together helpers and leader do the need, no more."""
    left_w = abs(need_w) - min(LEADER_W, leader.limit_w(need_w))
    direction = -1.0 if need_w > 0 else 1.0
    shares_w = _shares_w([battery for battery in others if battery.limit_w(need_w) > 0], left_w, need_w)
    return {battery.id: direction * round(shares_w.get(battery.id, 0.0)) for battery in others}


def _shares_w(willing: Sequence[Candidate], left_w: float, need_w: float) -> dict[str, float]:
    """Who carries how much; who would carry too little to be worth it leaves it to the others."""
    while willing and left_w >= LEAST_HELP_W:
        weights = _weights(willing, need_w)
        shares_w = _filled(willing, weights, left_w, need_w)
        if min(shares_w.values()) >= LEAST_HELP_W:
            return shares_w
        least = min(willing, key=lambda battery: (shares_w[battery.id], battery.id))
        willing = [battery for battery in willing if battery is not least]
    return {}


def _filled(
    willing: Sequence[Candidate], weights: Mapping[str, float], left_w: float, need_w: float
) -> dict[str, float]:
    """Shares by weight; what one cannot carry goes to those who still can."""
    shares_w: dict[str, float] = {}
    weight = sum(weights.values())
    for battery in sorted(willing, key=lambda b: (b.limit_w(need_w) / weights[b.id], b.id)):
        shares_w[battery.id] = min(battery.limit_w(need_w), left_w * weights[battery.id] / weight)
        left_w -= shares_w[battery.id]
        weight -= weights[battery.id]
    return shares_w


def _weights(willing: Sequence[Candidate], need_w: float) -> dict[str, float]:
    """Fuller ones give more, emptier ones take more; alike if they are about even."""
    socs = [battery.soc_pct for battery in willing]
    spread, mean = max(socs) - min(socs), fmean(socs)
    if spread <= EVEN_SPREAD_PCT:
        return {battery.id: 1.0 for battery in willing}
    towards = 1.0 if need_w > 0 else -1.0
    return {b.id: max(0.1, 1 + towards * (b.soc_pct - mean) / spread) for b in willing}

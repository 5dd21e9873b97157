"""One battery follows its own meter, the others help: the choice of the leader, and what the helpers carry.

The leader regulates the house to zero by itself; helpers take over what it could not carry with room to spare. All
set-points together are the need of the house, so nothing circulates. Signs: need_w > 0 means the house lacks power.
"""

from collections.abc import Sequence
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
    spent = (
        current.soc_pct <= LOW_PCT if need_w > CALM_W else current.soc_pct >= HIGH_PCT if need_w < -CALM_W else False
    )
    if spent:
        return best, f"{current.id} is at {current.soc_pct:.0f} %"
    if abs(best.soc_pct - current.soc_pct) < SWITCH_SOC_PCT:
        return current, "the other is no fuller or emptier by 5 %"
    if abs(need_w) < SWITCH_NEED_W:
        return current, "the need is small"
    return best, f"better placed by {abs(best.soc_pct - current.soc_pct):.0f} %"


def _help(leader: Candidate, others: Sequence[Candidate], need_w: float) -> dict[str, float]:
    """Share what the leader does not carry; together helpers and leader do the need, no more."""
    carried_w = min(LEADER_W, leader.limit_w(need_w))
    left_w = max(0.0, abs(need_w) - carried_w)
    direction = -1.0 if need_w > 0 else 1.0
    powers = {battery.id: 0.0 for battery in others}
    willing = sorted((battery for battery in others if battery.limit_w(need_w) > 0), key=lambda battery: battery.id)
    while willing and left_w >= LEAST_HELP_W:
        weights = _weights(willing, need_w)
        shares = {b.id: min(b.limit_w(need_w), left_w * weights[b.id] / sum(weights.values())) for b in willing}
        worth = [battery for battery in willing if shares[battery.id] >= LEAST_HELP_W]
        if len(worth) == len(willing):
            return powers | {name: direction * float(round(power_w)) for name, power_w in shares.items()}
        willing = worth or [max(willing, key=lambda battery: (weights[battery.id], battery.id))][: len(willing) - 1]
    return powers


def _weights(willing: Sequence[Candidate], need_w: float) -> dict[str, float]:
    """Fuller ones give more, emptier ones take more; alike if they are about even."""
    socs = [battery.soc_pct for battery in willing]
    spread, mean = max(socs) - min(socs), fmean(socs)
    if spread <= EVEN_SPREAD_PCT:
        return {battery.id: 1.0 for battery in willing}
    towards = 1.0 if need_w > 0 else -1.0
    return {b.id: max(0.1, 1 + towards * (b.soc_pct - mean) / spread) for b in willing}

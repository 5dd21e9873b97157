"""Batteries that follow their own meter: one leads, the others help. Thought over once a cycle, or sooner when the
team does not fit the need any more, so that no battery charges from another and none gives below its reserve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from common.contract.devices import Mode
from services.balancer.config import DevicePolicy
from services.balancer.core.merit import Bounds
from services.balancer.dispatch import Target
from services.balancer.rules.leader import CALM_W, LEAST_HELP_W, Candidate, Team, choose
from services.balancer.rules.soc import Held
from services.balancer.world import Device

FOLLOWS: Mode = "self_consumption"
REST = Bounds(0.0, 0.0)
HASTE_S = 5.0
"""A team that does not fit the need is thought over when it has not fitted for this long."""


@dataclass(slots=True)
class TeamDesk:
    """The team in force and when it was chosen."""

    cycle_s: float
    team: Team = field(default_factory=lambda: Team(None, {}, "nobody was asked yet"))
    chosen_s: float = float("-inf")
    unfit_since_s: float | None = None

    def targets(
        self,
        pool: Sequence[Device],
        policies: Mapping[str, DevicePolicy],
        held: Mapping[str, Held],
        need_w: float,
        now_s: float,
    ) -> dict[str, Target]:
        """What each battery of the pool is to do. `need_w` > 0: the house lacks power."""
        if not pool:
            return {}
        crew = {device.id: _candidate(device, policies[device.id], held[device.id]) for device in pool}
        self._watch_fit(crew, need_w, now_s)
        unfit = self.unfit_since_s is not None and now_s - self.unfit_since_s >= HASTE_S
        if now_s - self.chosen_s >= self.cycle_s or unfit or self._is_broken(crew):
            self.team = choose(list(crew.values()), need_w, self.team.leader)
            self.chosen_s, self.unfit_since_s = now_s, None
        return {device.id: self._target(device.id) for device in pool}

    def limits_w(self, pool: Sequence[Device], share: float) -> tuple[float, float]:
        """(least, most) power that the team is left to handle: a share of what its leader can, and its helpers."""
        leader = next((device for device in pool if device.id == self.team.leader), None)
        helping_w = sum(self.team.helpers_w.get(device.id, 0.0) for device in pool)
        least_w, most_w = (leader.range_w if leader else REST)[:2]
        return share * least_w + min(0.0, helping_w), share * most_w + max(0.0, helping_w)

    def _is_broken(self, crew: Mapping[str, Candidate]) -> bool:
        """Whether members have come or gone, or a helper has reached its edge."""
        members = {self.team.leader, *self.team.helpers_w} - {None}
        return members != set(crew) or any(
            power_w and crew[name].limit_w(-power_w) <= 0 for name, power_w in self.team.helpers_w.items()
        )

    def _watch_fit(self, crew: Mapping[str, Candidate], need_w: float, now_s: float) -> None:
        """Note since when the team does not fit. A reading that is late beside the batteries' own is no reason."""
        if self._fits(crew, need_w):
            self.unfit_since_s = None
        elif self.unfit_since_s is None:
            self.unfit_since_s = now_s

    def _fits(self, crew: Mapping[str, Candidate], need_w: float) -> bool:
        """Whether leader and helpers together can do the need without one working for another."""
        leader = crew.get(self.team.leader or "")
        if leader is None:
            return abs(need_w) <= CALM_W or not any(each.limit_w(need_w) > 0 for each in crew.values())
        helping_w = abs(sum(self.team.helpers_w.values()))
        against = any(power_w * need_w > 0 for power_w in self.team.helpers_w.values())
        too_much = helping_w > 0 and (against or helping_w > abs(need_w))
        too_little = helping_w + leader.limit_w(need_w) < min(
            abs(need_w) - LEAST_HELP_W, sum(each.limit_w(need_w) for each in crew.values()) - 1
        )
        return not (too_much or too_little) and leader.limit_w(need_w) > 0

    def _target(self, device: str) -> Target:
        if device == self.team.leader:
            return Target(action="set_mode", mode=FOLLOWS, rule="leads")
        power_w = self.team.helpers_w.get(device, 0.0)
        return Target(action="set_power", power_w=power_w, rule="helps" if power_w else "parked")


def _candidate(device: Device, policy: DevicePolicy, held: Held) -> Candidate:
    info = device.info
    assert info is not None  # only devices that told their limits are in the pool
    told_pct = policy.round_trip_pct or info.round_trip_pct or 100.0
    allowed = policy.allowed(device.range_w)
    return Candidate(
        id=device.id,
        soc_pct=device.soc_pct if device.soc_pct is not None else 0.0,
        max_charge_w=allowed.high_w,
        max_discharge_w=-allowed.low_w,
        may_charge=not held.at_ceiling,
        may_discharge=held.may_give,
        round_trip=told_pct / 100,
    )

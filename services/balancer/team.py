"""Batteries that follow their own meter: one leads, the others help; thought over once a cycle, or at once when the
leader cannot go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from common.contract.devices import Mode
from services.balancer.config import DevicePolicy
from services.balancer.dispatch import Target
from services.balancer.rules.leader import Candidate, Team, choose
from services.balancer.rules.soc import Held
from services.balancer.world import Device

FOLLOWS: Mode = "self_consumption"


@dataclass(slots=True)
class TeamDesk:
    """The team in force and when it was chosen."""

    cycle_s: float
    team: Team = field(default_factory=lambda: Team(None, {}, "nobody was asked yet"))
    chosen_s: float = float("-inf")

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
        candidates = [_candidate(device, policies[device.id], held[device.id]) for device in pool]
        if now_s - self.chosen_s >= self.cycle_s or self._broken(candidates, need_w):
            self.team = choose(candidates, need_w, self.team.leader)
            self.chosen_s = now_s
        return {device.id: self._target(device.id) for device in pool}

    def limits_w(self, pool: Sequence[Device], share: float) -> tuple[float, float]:
        """(least, most) power that the leader is left to regulate."""
        leader = next((device for device in pool if device.id == self.team.leader), None)
        if leader is None or leader.info is None:
            return 0.0, 0.0
        return share * (leader.info.min_w or 0.0), share * (leader.info.max_w or 0.0)

    def _broken(self, candidates: Sequence[Candidate], need_w: float) -> bool:
        """Whether the team cannot go on: its leader is gone, or at its edge; or members have come or gone."""
        members = {self.team.leader, *self.team.helpers_w} - {None}
        leader = next((candidate for candidate in candidates if candidate.id == self.team.leader), None)
        spent = leader is not None and leader.limit_w(need_w) <= 0
        return members != {candidate.id for candidate in candidates} or spent

    def _target(self, device: str) -> Target:
        if device == self.team.leader:
            return Target(action="set_mode", mode=FOLLOWS, rule="leads")
        power_w = self.team.helpers_w.get(device, 0.0)
        return Target(action="set_power", power_w=power_w, rule="helps" if power_w else "parked")


def _candidate(device: Device, policy: DevicePolicy, held: Held) -> Candidate:
    info = device.info
    assert info is not None  # only devices that told their limits are in the pool
    told_pct = policy.round_trip_pct or info.round_trip_pct or 100.0
    limit_in, limit_out = policy.max_charge_w, policy.max_discharge_w
    return Candidate(
        id=device.id,
        soc_pct=device.soc_pct if device.soc_pct is not None else 0.0,
        max_charge_w=min(info.max_w or 0.0, limit_in if limit_in is not None else float("inf")),
        max_discharge_w=min(-(info.min_w or 0.0), limit_out if limit_out is not None else float("inf")),
        may_charge=not held.at_ceiling,
        may_discharge=not held.at_reserve,
        round_trip=told_pct / 100,
    )

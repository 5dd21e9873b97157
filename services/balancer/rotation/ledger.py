"""Who got how much: a deficit in seconds per output, so that over time each gets its share of what could be given.

Deficit round robin: what is given in some time is owed to everybody who asks, by weight; who gets more than that goes
into debt. Served first is who would soonest be a whole turn behind, last who would be a whole turn ahead: so nobody is
ever more than one turn from what is due. Equal loads that all ask simply take turns. Boosted and protected outputs come
before the others anyway, so each of these kinds settles its deficits among itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from math import ceil, inf

from services.balancer.rotation.claim import Claim
from services.balancer.rotation.shares import entitled_s, kind_of

ALIKE_SHARE = 0.01
"""Deficits that differ by less than this share of a turn are the same: relays answer a moment sooner or later."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is remembered of a rotation between two looks."""

    deficits_s: Mapping[str, float] = field(default_factory=dict)
    """Time owed to each output; below zero it has had more than its share."""
    index: int = 0
    """Place in the owner's list of the first that was refused: among equals the next turn begins there."""
    live: frozenset[str] = frozenset()
    """Who has the present turn."""
    turn_ends_s: float | None = None

    def is_over(self, now_s: float, turn_s: float) -> bool:
        """Whether the present turn is; also one that would go on for longer than a turn, as when clocks were set."""
        return self.turn_ends_s is None or not 0 < self.turn_ends_s - now_s <= turn_s

    def next_turn(self, now_s: float, turn_s: float) -> "Ledger":
        """The same with a new turn begun. The beat is kept, unless it was lost for a whole turn."""
        ends_s = now_s if self.turn_ends_s is None else self.turn_ends_s
        return replace(self, turn_ends_s=ends_s + turn_s if 0 <= now_s - ends_s < turn_s else now_s + turn_s)

    def rank(self, claim: Claim, place: int, claims: int, turn_s: float, share: float) -> tuple[bool, float, int]:
        """Who of one kind comes first: the lower one. `share`: part of the time it may expect.

        Whoever must have a turn in the same number of turns is served in a ring from `index`.
        """
        owed = self.deficits_s.get(claim.id, 0.0) / turn_s
        due_in = ceil((1 - owed - ALIKE_SHARE) / share) if share > 0 else inf
        return owed + share <= ALIKE_SHARE, due_in, (place - self.index) % claims

    def account(self, claims: Sequence[Claim], on: Collection[str], elapsed_s: float, turn_s: float) -> "Ledger":
        """After `elapsed_s` in which the outputs `on` were on."""
        deficits_s = {claim.id: self._repaid_s(claim, elapsed_s) for claim in claims}
        for _, alike in groupby(sorted(claims, key=kind_of), key=kind_of):
            asking = [claim for claim in alike if claim.asks]
            heating = {claim.id for claim in asking if claim.id in on}
            weights = {claim.id: claim.weight for claim in asking}
            owed_s = entitled_s(weights, elapsed_s * len(heating), elapsed_s)
            most_s = turn_s * len(asking)
            for claim in asking:
                known_s = self.deficits_s.get(claim.id, 0.0)
                fresh_s = known_s + owed_s[claim.id] - (elapsed_s if claim.id in heating else 0.0)
                deficits_s[claim.id] = max(-most_s, min(most_s, fresh_s))
        return replace(self, deficits_s=deficits_s)

    def _repaid_s(self, claim: Claim, elapsed_s: float) -> float:
        """Who does not ask is owed nothing, and pays back what it had too much by leaving it to others."""
        return min(0.0, self.deficits_s.get(claim.id, 0.0) + elapsed_s)

"""What part of the time everybody who asks may expect, from the limit and the weights."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from services.balancer.rotation.claim import Claim, Limit


def shares_of(claims: Sequence[Claim], limit: Limit) -> dict[str, float]:
    """Part of the time, 0 to 1, by id. Protected ones come first, then boosted ones; the others share what is left."""
    shares: dict[str, float] = {}
    asking = sorted((claim for claim in claims if claim.asks), key=kind_of, reverse=True)
    for _, group in groupby(asking, key=kind_of):
        alike = list(group)
        fresh = entitled_s({claim.id: claim.weight for claim in alike}, _places(alike, limit), 1.0)
        limit = _less(limit, alike, fresh)
        shares |= fresh
    return shares


def kind_of(claim: Claim) -> tuple[bool, bool]:
    """Claims of one kind settle what they are owed among themselves."""
    return claim.protected, claim.boosted


def entitled_s(weights: Mapping[str, float], total_s: float, most_s: float) -> dict[str, float]:
    """`total_s` shared by weight, at most `most_s` each; what somebody cannot use goes to the others."""
    shares: dict[str, float] = {}
    left = dict(weights)
    while left:
        each_s = (total_s - sum(shares.values())) / sum(left.values())
        full = [name for name, weight in left.items() if each_s * weight >= most_s]
        shares |= dict.fromkeys(full, most_s) if full else {name: each_s * weight for name, weight in left.items()}
        left = {name: weight for name, weight in left.items() if full and name not in full}
    return shares


def _places(alike: Sequence[Claim], limit: Limit) -> float:
    """How many of these can be on at a time, in the mean of many turns."""
    asked_w = {phase: sum(claim.power_w for claim in alike if claim.is_on(phase)) for phase in limit.budgets_w}
    parts = [
        min([1.0, *(budget_w / asked_w[phase] for phase, budget_w in limit.budgets_w.items() if claim.is_on(phase))])
        for claim in alike
    ]
    return max(0.0, min(sum(parts), limit.active))


def _less(limit: Limit, alike: Sequence[Claim], shares: Mapping[str, float]) -> Limit:
    """What these leave of a limit."""
    left_w = {
        phase: budget_w - sum(claim.power_w * shares[claim.id] for claim in alike if claim.is_on(phase))
        for phase, budget_w in limit.budgets_w.items()
    }
    return replace(limit, active=limit.active - sum(shares.values()), budgets_w=left_w)

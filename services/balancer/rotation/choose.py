"""Who heats in this turn. Within a turn nobody is exchanged: what becomes free is filled, what is too much goes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from services.balancer.rotation.claim import Claim, Limit, Room
from services.balancer.rotation.ledger import Ledger
from services.balancer.rotation.shares import shares_of


class Choice(NamedTuple):
    """What was decided."""

    live: tuple[str, ...]
    """Who heats, the most important first."""
    refused: tuple[str, ...]
    """Who asks and has to wait, the next one first."""


def choose(claims: Sequence[Claim], ledger: Ledger, limit: Limit, turn_s: float, *, anew: bool) -> Choice:
    """Pick who heats. `claims` in the owner's order; `anew`: a turn begins, so everybody stands in line again.

    Whoever waits only for others to end their minimum time keeps the room that is theirs then: nobody starts in it, so
    a large one is not kept waiting by small ones for ever.
    """
    present, ahead = Room(limit), Room(limit)
    live: list[str] = []
    refused: list[str] = []
    for claim in (claim for claim in claims if claim.is_stuck):
        present.take(claim)
        ahead.take(claim)
    for claim in _line(claims, ledger, shares_of(claims, limit), turn_s, anew=anew):
        has_place = ahead.fits(claim) and (claim.may_start or claim.id in ledger.live)
        if has_place and not claim.is_bound:
            ahead.take(claim)
        if present.fits(claim) and (claim.is_bound or has_place):
            present.take(claim)
            live.append(claim.id)
        elif claim.asks:
            refused.append(claim.id)
    return Choice(tuple(live), tuple(refused))


def _line(
    claims: Sequence[Claim], ledger: Ledger, shares: Mapping[str, float], turn_s: float, *, anew: bool
) -> Iterator[Claim]:
    """Who is asked, in order: protected, bound by a minimum time, boosted, wanted."""

    def rank(place: int) -> tuple[int, bool, tuple[bool, float, int]]:
        claim = claims[place]
        kept = not anew and claim.id in ledger.live
        kind = 0 if claim.protected and claim.asks else 1 if claim.is_bound else 2 if claim.boosted else 3
        return kind, not kept, ledger.rank(claim, place, len(claims), turn_s, shares.get(claim.id, 0.0))

    waiting = (place for place, claim in enumerate(claims) if not claim.is_stuck and (claim.asks or claim.is_bound))
    return (claims[place] for place in sorted(waiting, key=rank))

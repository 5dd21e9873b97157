"""Offs take effect before ons: what is told to start has room beside everything that is, or may still be, on."""

from collections.abc import Collection, Sequence

from services.balancer.rotation.claim import Claim, Limit, Room


def engage(claims: Sequence[Claim], live: Sequence[str], on: Collection[str], limit: Limit) -> frozenset[str]:
    """Who of `live` is told to be on now; all others are told to be off. `on`: whoever is not confirmed to be off."""
    room, known = Room(limit), {claim.id: claim for claim in claims}
    for claim in claims:
        if claim.id in on:
            room.take(claim)
    told = {name for name in live if name in on}
    for name in live:
        if name not in told and room.fits(known[name]):
            room.take(known[name])
            told.add(name)
    return frozenset(told)

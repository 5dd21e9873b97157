"""Once around: account for what was, pick who heats, and say who may be told so now."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from services.balancer.rotation.choose import choose
from services.balancer.rotation.claim import Claim, Limit
from services.balancer.rotation.engage import engage
from services.balancer.rotation.ledger import Ledger
from services.balancer.rotation.received import Received

LONGEST_S = 60.0
"""After a longer silence nobody knows who was on; it counts as this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is known of a group now."""

    claims: Sequence[Claim]
    """In the owner's order."""
    on: frozenset[str]
    """Whoever is not confirmed to be off."""
    limit: Limit
    turn_s: float
    now_s: float
    only: frozenset[str] | None = None
    """While the connection is overloaded: who was told to be on. Nobody else starts, and nobody is exchanged."""


class Outcome(NamedTuple):
    """What one look led to."""

    live: tuple[str, ...]
    """Who has the turn, the most important first."""
    refused: tuple[str, ...]
    """Who asks and waits, the next one first."""
    told_on: frozenset[str]
    """Who is told to be on now; all others are told to be off."""


@dataclass(frozen=True, slots=True)
class Turns:
    """What is remembered of one group."""

    ledger: Ledger = field(default_factory=Ledger)
    received: Received = field(default_factory=Received)
    last_s: float | None = None

    def go_round(self, look: Look) -> tuple["Turns", Outcome]:
        """One look, one outcome. Pure: the same memory and look give the same."""
        elapsed_s = 0.0 if self.last_s is None else max(0.0, min(LONGEST_S, look.now_s - self.last_s))
        ledger = self.ledger.account(look.claims, look.on, elapsed_s, look.turn_s)
        claims = look.claims
        if look.only is not None:
            claims = [replace(claim, may_start=claim.may_start and claim.id in look.only) for claim in claims]
            ledger = replace(ledger, live=ledger.live & look.only)
        anew = look.only is None and ledger.is_over(look.now_s, look.turn_s)
        choice = choose(claims, ledger, look.limit, look.turn_s, anew=anew)
        places = [claim.id for claim in look.claims]
        index = places.index(choice.refused[0]) if choice.refused else ledger.index
        ledger = replace(ledger, index=index, live=frozenset(choice.live))
        after = Turns(
            ledger.next_turn(look.now_s, look.turn_s) if anew else ledger,
            self.received.add(look.on, look.now_s, elapsed_s),
            look.now_s,
        )
        told_on = engage(look.claims, choice.live, look.on, look.limit)
        return after, Outcome(choice.live, choice.refused, told_on)

"""Radiators whose relays do at once, or a little later, or never, what they are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.balancer.rotation.claim import Claim, Limit
from services.balancer.rotation.turns import Look, Outcome, Turns

TURN_S = 60.0


def radiators(count: int, **facts: object) -> list[Claim]:
    """So many that all ask, called a, b, c …"""
    return [replace(Claim(id=chr(97 + place), power_w=1000.0, wants=True), **facts) for place in range(count)]  # type: ignore[arg-type]  # fields of a claim, as the test says


@dataclass
class Players:
    """A group in time: each second somebody looks, and the relays follow."""

    claims: Sequence[Claim]
    limit: Limit
    delay_s: Callable[[str, bool], float] = lambda name, on: 0.0
    overloaded: bool = False
    turns: Turns = field(default_factory=Turns)
    now_s: float = 0.0
    closed: dict[str, bool] = field(default_factory=dict)
    """Where each contact really stands."""
    told: dict[str, tuple[bool, float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    commands: list[Mapping[str, bool]] = field(default_factory=list)
    """What was told at each look, changes only."""
    outcome: Outcome = field(default_factory=lambda: Outcome((), (), frozenset()))

    def look(self, *, step_s: float = 1.0) -> Outcome:
        """Somebody looks, and again as soon as a relay has moved; then the time passes."""
        while self._look():
            pass
        for name, closed in self.closed.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + step_s * closed
        self.now_s += step_s
        return self.outcome

    def _look(self) -> bool:
        """Once. Returns whether a relay moved."""
        before = dict(self.closed)
        self._move()
        on = frozenset(claim.id for claim in self.claims if self.closed.get(claim.id) or self._is_told_on(claim.id))
        only = frozenset(name for name in self.told if self._is_told_on(name)) if self.overloaded else None
        look = Look(claims=self.claims, on=on, limit=self.limit, turn_s=TURN_S, now_s=self.now_s, only=only)
        self.turns, self.outcome = self.turns.go_round(look)
        changes = {}
        for claim in self.claims:
            wanted = claim.id in self.outcome.told_on
            if wanted != self._is_told_on(claim.id):
                self.told[claim.id] = (wanted, self.now_s)
                changes[claim.id] = wanted
        self.commands.append(changes)
        self._move()
        return before != self.closed

    def play(self, seconds: float, *, step_s: float = 1.0) -> None:
        """Look again and again."""
        for _ in range(round(seconds / step_s)):
            self.look(step_s=step_s)

    def closed_now(self) -> set[str]:
        """Who really heats."""
        return {name for name, closed in self.closed.items() if closed}

    def change(self, name: str, **facts: object) -> None:
        """Something about one radiator is different from now on."""
        self.claims = [replace(claim, **facts) if claim.id == name else claim for claim in self.claims]  # type: ignore[arg-type]  # as above

    def _is_told_on(self, name: str) -> bool:
        return self.told.get(name, (False, 0.0))[0]

    def _move(self) -> None:
        for name, (on, at_s) in self.told.items():
            if self.now_s - at_s >= self.delay_s(name, on):
                self.closed[name] = on

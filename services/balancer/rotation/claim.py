"""One output that may heat, and the room that all of a group share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

ROUNDING = 1e-6
"""Sums of floating point numbers that fill a limit exactly are within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An output as it stands when it is looked at."""

    id: str
    power_w: float
    """What is kept free for it while it is on, > 0."""
    phase: int | None = None
    """None: unknown, so it counts on each."""
    weight: float = 1.0
    """Its share beside the others'; an output listed twice brings the weights of both entries that ask."""
    wants: bool = False
    """Its thermostat, or somebody's toggle, asks for heat."""
    boosted: bool = False
    protected: bool = False
    """Gets its turn before all others, and is shed last."""
    is_stuck: bool = False
    """It is or may be on, and cannot be switched off: it takes its part of the limit, whatever is decided."""
    is_bound: bool = False
    """On for less than its minimum time; only the limit ends that."""
    may_start: bool = True
    """It can be switched on: there, and off for its minimum time."""

    @property
    def asks(self) -> bool:
        """Whether it is to heat, if there is room."""
        return self.wants or self.boosted

    def is_on(self, phase: int | None) -> bool:
        """Whether it counts on a phase; None: the whole connection, on which everybody does."""
        return phase is None or self.phase in (None, phase)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much may heat at the same time."""

    active: float = inf
    """Outputs."""
    budgets_w: Mapping[int | None, float] = field(default_factory=dict)
    """Power by phase; None: over all of them."""


class Room:
    """What is left of a limit while outputs are taken off it."""

    def __init__(self, limit: Limit) -> None:
        self._active = limit.active
        self._left_w = dict(limit.budgets_w)

    def fits(self, claim: Claim) -> bool:
        """Whether there is room for one more."""
        enough = all(claim.power_w <= self._left_w[phase] + ROUNDING for phase in self._budgets_of(claim))
        return self._active >= 1 and enough

    def take(self, claim: Claim) -> None:
        """It takes its part, be there room or not."""
        self._active -= 1
        for phase in self._budgets_of(claim):
            self._left_w[phase] -= claim.power_w

    def _budgets_of(self, claim: Claim) -> list[int | None]:
        return [phase for phase in self._left_w if claim.is_on(phase)]

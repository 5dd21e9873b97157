"""What is remembered of a rotation between two looks: turns, limit, and what each output was told. No behaviour."""

from dataclasses import dataclass, field
from math import inf

from services.balancer.crew import Absence
from services.balancer.loads.rated import Rated
from services.balancer.rotation.ladder import Ladder
from services.balancer.rotation.others import Others
from services.balancer.rotation.relaxed import Relaxed
from services.balancer.rotation.turns import Turns


@dataclass(slots=True)
class Told:
    """What each output was last decided to be, and since when; what it has shown that it draws."""

    stands: dict[str, tuple[bool, float]] = field(default_factory=dict)
    rated: dict[str, Rated] = field(default_factory=dict)
    confirmed_s: dict[str, float] = field(default_factory=dict)
    """When it said that it is off, after it was on."""

    def held(self, name: str, now_s: float) -> tuple[bool, float]:
        """(told to be on, for how many seconds)"""
        on, since_s = self.stands.get(name, (False, -inf))
        return on, now_s - since_s

    def told_on(self) -> frozenset[str]:
        """Whoever is told to be on."""
        return frozenset(name for name, (on, _) in self.stands.items() if on)

    def tell(self, name: str, on: bool, now_s: float) -> bool:
        """Note a decision. Returns whether it is another one than before."""
        changed = self.stands.get(name, (None, 0.0))[0] is not on
        if changed:
            self.stands[name] = (on, now_s)
        return changed


@dataclass(slots=True)
class Headroom:
    """What is remembered of a group's limit."""

    ladder: Ladder = field(default_factory=Ladder)
    active: Relaxed = field(default_factory=Relaxed)
    budgets: dict[int | None, Relaxed] = field(default_factory=dict)
    others: dict[int | None, Others] = field(default_factory=dict)
    mode: int | None = None
    """Entry of the table in force."""
    blind: str | None = None
    """Why a budget cannot be reckoned, in words; None if it can."""
    is_overloaded: bool = False
    """The newest reading leaves less than the margin of what the connection bears: nobody starts."""
    reading_s: float | None = None


@dataclass(slots=True)
class Desk:
    """One group."""

    turns: Turns = field(default_factory=Turns)
    kept: frozenset[str] = frozenset()
    """Who had the turn when we were last stopped …"""
    since_s: float | None = None
    """… and when the group was first looked at since."""
    told: Told = field(default_factory=Told)
    room: Headroom = field(default_factory=Headroom)
    waiting: tuple[str, ...] = ()
    """Who asks and has no turn, the next one first."""
    missing: dict[str, Absence] = field(default_factory=dict)
    """Why an output cannot be told anything."""
    stuck: frozenset[str] = frozenset()
    """Told to be off, and not confirmed to be."""
    silent: frozenset[str] = frozenset()
    """Thermostats that say nothing."""

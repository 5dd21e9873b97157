"""What was said to a relay and what it did, entry by entry: the judge of tests. Times are those of its clock."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Told:
    """A message that reached it."""

    at_s: float
    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class Armed:
    """Its off-timer runs from now on, so long."""

    at_s: float
    timer_s: float


@dataclass(frozen=True, slots=True)
class Moved:
    """Its contact moved."""

    at_s: float
    is_on: bool
    who: str
    """`mqtt`, `button`, `timer`, or what else happened to it."""


Entry = Told | Armed | Moved


@dataclass
class Journal:
    """All entries, oldest first."""

    entries: list[Entry] = field(default_factory=list)

    def told(self, at_s: float, topic: str, payload: bytes) -> None:
        """Note a message."""
        self.entries.append(Told(at_s, topic, payload.decode(errors="replace")))

    def armed(self, at_s: float, timer_s: float) -> None:
        """Note the beginning of its off-timer."""
        self.entries.append(Armed(at_s, timer_s))

    def moved(self, at_s: float, is_on: bool, who: str) -> None:
        """Note a movement."""
        self.entries.append(Moved(at_s, is_on, who))

    @property
    def moves(self) -> list[tuple[bool, str]]:
        """The movements alone."""
        return [(entry.is_on, entry.who) for entry in self.entries if isinstance(entry, Moved)]

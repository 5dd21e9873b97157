"""What was done to a fake GX, entry by entry: the judge of the tests. Times are those of its clock, monotonic."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Somebody wrote a value."""

    at_s: float
    path: str
    value: object
    is_taken: bool
    is_kept: bool
    """It changed something that goes to flash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A device vanished."""

    at_s: float
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """It started anew."""

    at_s: float


Entry = Written | Lost | Restarted


@dataclass
class Journal:
    """All entries, oldest first."""

    entries: list[Entry] = field(default_factory=list)

    def note(self, entry: Entry) -> None:
        """Add one."""
        self.entries.append(entry)

    def writes(self, path: str = "") -> list[Written]:
        """What was written, to paths that end so."""
        return [entry for entry in self.entries if isinstance(entry, Written) and entry.path.endswith(path)]

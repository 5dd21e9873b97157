"""What was done to a fake battery, entry by entry: the judge of the tests. Times are those of its clock, monotonic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Fate = Literal[
    "answered", "busy", "refused", "unknown", "lost_in", "lost_out", "too_soon", "silent", "wrong_port", "noise"
]
"""What became of a request. With `lost_out` it was carried out and the answer got lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A datagram that reached the battery's socket."""

    at_s: float
    source: tuple[str, int]
    number: object
    method: str
    params: Mapping[str, object]
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """An order that it carries out."""

    at_s: float
    mode: str
    power_w: float | None = None
    """Of Passive, + charge."""
    until_s: float | None = None
    """When its own timer ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """Its own timer ended a Passive order."""

    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """It started anew and has forgotten its order."""

    at_s: float


Entry = Asked | Commanded | Expired | Restarted


@dataclass
class Journal:
    """All entries, oldest first."""

    entries: list[Entry] = field(default_factory=list)

    def note(self, entry: Entry) -> None:
        """Add one."""
        self.entries.append(entry)

    def asked(self, method: str = "") -> list[Asked]:
        """The datagrams, of one method or all."""
        return [entry for entry in self.entries if isinstance(entry, Asked) and entry.method.startswith(method)]

    def commands(self) -> list[Commanded]:
        """The orders carried out."""
        return [entry for entry in self.entries if isinstance(entry, Commanded)]

    def setpoint_w(self, at_s: float) -> float | None:
        """The Passive set-point in force at an instant; None while it is autonomous or its timer has ended it."""
        power_w: float | None = None
        for entry in self.entries:
            if entry.at_s > at_s:
                break
            if isinstance(entry, Commanded):
                power_w = entry.power_w
            elif isinstance(entry, Expired | Restarted):
                power_w = None
        return power_w

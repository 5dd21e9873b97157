"""What was done to the dongle, and what it said: the judge of tests. Entries never change."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from common.clock import Clock
from services.simulator.p1_meter.smart_meter import Telegram

KEPT = 50_000
What = Literal[
    "telegram", "request", "auth_failure", "paired", "stream_opened", "stream_closed", "push", "written", "switched"
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event."""

    at_s: float
    """On the clock's monotonic time."""
    what: What
    path: str = ""
    """`GET /api/v1/data`, for requests and failures."""
    status: int | None = None
    """HTTP status of the answer; None while the dongle is silent."""
    telegram: Telegram | None = None
    """What the meter sent, or the dongle pushed."""
    detail: str = ""
    """`written`: the values, as JSON; `switched`: to what, and by whom."""


class Journal:
    """The last `KEPT` events, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.entries: deque[Entry] = deque(maxlen=KEPT)

    def note(
        self,
        what: What,
        path: str = "",
        status: int | None = None,
        telegram: Telegram | None = None,
        detail: str = "",
    ) -> None:
        """Add an event of now."""
        self.entries.append(Entry(self._clock.monotonic(), what, path, status, telegram, detail))

    def of(self, what: What, path: str = "", since_s: float = 0.0) -> list[Entry]:
        """The events of one kind, with this path if one is given, at or after `since_s`."""
        return [
            entry
            for entry in self.entries
            if entry.what == what and entry.at_s >= since_s and (not path or entry.path == path)
        ]

    @property
    def contacts(self) -> list[Entry]:
        """Whatever somebody outside had a part in."""
        return [entry for entry in self.entries if entry.what != "telegram"]

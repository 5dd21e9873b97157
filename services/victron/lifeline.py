"""When the GX is asked to go on talking, and whether it is there. Pure.

Without a word from somebody it falls silent after 60 s, and says nothing about that: only its heartbeat shows it.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal, Self

ASK_S: Final = 30.0
"""Half of the time for which a word holds."""
ANSWER_S: Final = 15.0
"""In which a full publication is through, or it is asked for again."""
REPEAT_S: Final = 300.0
"""All values are said again so often, to mend what got lost."""
STALE_S: Final = 10.0
"""Three heartbeats missing: what it said is not to be used."""
GONE_S: Final = 30.0

Word = Literal["full", "more"]
"""Say everything and stay awake, or just stay awake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifeline:
    """One connection. Instants are monotonic."""

    since_s: float
    """When it began."""
    said_s: float = -math.inf
    """When it was last asked anything."""
    full_s: float = -math.inf
    """When it was last asked for everything."""
    beat_s: float = -math.inf
    """Its last heartbeat."""
    is_complete: bool = False
    """It has said everything once."""

    def due(self, now_s: float) -> Word | None:
        """What to ask now."""
        is_silent = not self.is_complete or now_s - self.beat_s >= STALE_S
        if now_s - self.full_s >= (ANSWER_S if is_silent else REPEAT_S):
            return "full"
        return "more" if now_s - self.said_s >= ASK_S else None

    def asked(self, word: Word, now_s: float) -> Self:
        """After it was asked."""
        return replace(self, said_s=now_s, full_s=now_s if word == "full" else self.full_s)

    def beaten(self, now_s: float) -> Self:
        """Its heart has beaten. After a silence all that it said before must be said again."""
        was_silent = self.has_beaten and now_s - self.beat_s >= STALE_S
        return replace(self.restarted() if was_silent else self, beat_s=now_s)

    def completed(self) -> Self:
        """It has said everything."""
        return replace(self, is_complete=True)

    def restarted(self) -> Self:
        """Its program has begun anew, and has forgotten that somebody listens."""
        return replace(self, is_complete=False, full_s=-math.inf)

    @property
    def has_beaten(self) -> bool:
        """It has a heart."""
        return math.isfinite(self.beat_s)

    def is_fresh(self, now_s: float) -> bool:
        """What it has said may be used."""
        return self.is_complete and now_s - self.beat_s < STALE_S

    def is_gone(self, now_s: float) -> bool:
        """It has been silent for so long that it counts as offline."""
        return now_s - max(self.since_s, self.beat_s) >= GONE_S

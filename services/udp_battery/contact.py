"""Whether a battery can be reached: how often to ask again, how long to leave it in peace, when it is gone. Pure."""

import math
from dataclasses import dataclass, replace
from typing import Final, Self

READ_TIMEOUT_S: Final = 2.5
READ_ATTEMPTS: Final = 3
WRITE_TIMEOUT_S: Final = 3.0
WRITE_ATTEMPTS: Final = 5
BACK_OFF_S: Final = (10.0, 20.0, 40.0, 120.0)
WHILE_WANTED_S: Final = 40.0
"""The longest pause while somebody waits for an order to be carried out."""
MISSING_AFTER_S: Final = 60.0
"""The owner is told."""
GONE_AFTER_S: Final = 120.0
"""It counts as offline, and what it said last as unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What we know about reaching one battery. Instants are monotonic."""

    since_s: float
    """When it last answered, or when we began."""
    has_answered: bool = False
    vain_reads: int = 0
    vain_writes: int = 0
    failures: int = 0
    """Questions in a row that stayed without an answer through all their attempts."""
    not_before_s: float = -math.inf
    """Leave it in peace until then."""
    is_confirmed: bool = False
    """It has said who it is since it was last out of reach. Only then may it be given orders."""

    def heard(self, now_s: float, *, is_confirmed: bool) -> Self:
        """Something came from it."""
        return replace(
            self,
            since_s=now_s,
            has_answered=True,
            vain_reads=0,
            vain_writes=0,
            failures=0,
            not_before_s=-math.inf,
            is_confirmed=self.is_confirmed or is_confirmed,
        )

    def unheard(self, now_s: float, *, is_write: bool, is_wanted: bool) -> Self:
        """One attempt was in vain. After the last one: back off."""
        vain_reads, vain_writes = self.vain_reads + (not is_write), self.vain_writes + is_write
        if vain_reads < READ_ATTEMPTS and vain_writes < WRITE_ATTEMPTS:
            return replace(self, vain_reads=vain_reads, vain_writes=vain_writes)
        return self.failed(now_s, is_wanted=is_wanted)

    def failed(self, now_s: float, *, is_wanted: bool) -> Self:
        """It cannot be reached at present; `is_wanted` while an order waits for it."""
        pause_s = BACK_OFF_S[min(self.failures, len(BACK_OFF_S) - 1)]
        return replace(
            self,
            vain_reads=0,
            vain_writes=0,
            failures=self.failures + 1,
            not_before_s=now_s + (min(pause_s, WHILE_WANTED_S) if is_wanted else pause_s),
            is_confirmed=False,
        )

    def hurried(self) -> Self:
        """Somebody has something new to say: after a first failure, which may have been chance, ask at once."""
        return replace(self, not_before_s=-math.inf) if self.failures == 1 else self

    def is_missing(self, now_s: float) -> bool:
        """Silent for so long that its owner should look after it."""
        return self._is_silent(now_s, MISSING_AFTER_S)

    def is_gone(self, now_s: float) -> bool:
        """Silent for so long that it counts as offline."""
        return self._is_silent(now_s, GONE_AFTER_S)

    def _is_silent(self, now_s: float, limit_s: float) -> bool:
        return self.failures >= 2 and now_s - self.since_s >= limit_s

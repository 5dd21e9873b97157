"""How many settings may still be written today: each wears the GX's flash. Pure."""

from dataclasses import dataclass, replace
from typing import Final

DAY_MS: Final = 86_400_000
KEPT_BACK: Final = 4
"""Writes that orders leave for putting the owner's values back."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The instants of the last day's writes, on the wall clock."""

    most: int
    written_ms: tuple[int, ...] = ()

    def spent(self, now_ms: int) -> int:
        """Writes within the last 24 h. One that seems to lie ahead, because the clock was set, counts."""
        return sum(now_ms - at_ms < DAY_MS for at_ms in self.written_ms)

    def left(self, now_ms: int) -> int:
        """What remains."""
        return max(0, self.most - self.spent(now_ms))

    def allows(self, now_ms: int, *, is_last: bool = False) -> bool:
        """Whether to write; `is_last`: it puts something back."""
        return self.left(now_ms) > (0 if is_last else KEPT_BACK)

    def after(self, now_ms: int) -> "Budget":
        """After one more."""
        recent = [at_ms for at_ms in self.written_ms if now_ms - at_ms < DAY_MS]
        return replace(self, written_ms=(*recent, now_ms)[-self.most :])

"""How much a load still wants today."""

from dataclasses import dataclass
from math import ceil

ROW_H = 0.25
"""Length of a row of the schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is wanted of a load per day: an energy, a running time, or neither (as much as it takes)."""

    energy_wh: float | None = None
    hours: float | None = None

    def missing_wh(self, taken_wh: float, ran_s: float, rated_w: float, *, is_full: bool) -> float | None:
        """Energy still wanted today, ≥ 0; None if there is no end to it. A full load wants nothing more."""
        if is_full:
            return 0.0
        if self.energy_wh is not None:
            return max(0.0, self.energy_wh - taken_wh)
        return max(0.0, self.hours - ran_s / 3600) * rated_w if self.hours is not None else None


def rows_needed(missing_wh: float, rated_w: float) -> int:
    """Rows of a quarter hour at rated power; the last may be used in part."""
    return ceil(missing_wh / (rated_w * ROW_H) - 1e-9) if rated_w > 0 else 0

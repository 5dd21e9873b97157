"""The batteries together, as the schedule sees them: a tank that surplus fills and deficits empty. Energy is conserved.

Only bookkeeping for a forecast: the real batteries are dosed at each reading. Losses are taken on the way in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.balancer.loads.need import ROW_H

ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tank:
    """All batteries of the order as one. Powers are magnitudes in W."""

    max_charge_w: float
    max_discharge_w: float
    capacity_wh: float
    """Usable, from the reserves up to the ceilings."""
    stored_wh: float
    """Above the reserves, now."""
    efficiency: float = 1.0
    """Share of what goes in that comes out again."""

    def after(self, stored_wh: float, spare_w: float) -> float:
        """What it holds a row later: surplus (spare_w > 0) fills it, a deficit empties it, each as far as it goes."""
        if spare_w >= 0:
            charged_wh = (spare_w if spare_w < self.max_charge_w else self.max_charge_w) * ROW_H * self.efficiency
            return max(stored_wh, min(self.capacity_wh, stored_wh + charged_wh))
        drawn_w = -spare_w if -spare_w < self.max_discharge_w else self.max_discharge_w
        return max(0.0, stored_wh - drawn_w * ROW_H)

    def course(self, spares_w: Sequence[float], stored_wh: float | None = None) -> list[float]:
        """Energy at the end of each row."""
        level_wh, course = self.stored_wh if stored_wh is None else stored_wh, []
        for spare_w in spares_w:
            level_wh = self.after(level_wh, spare_w)
            course.append(level_wh)
        return course

    def filled_first(self, avail_w: Sequence[float], share: float) -> list[float]:
        """What is left of the surplus in each row when the tank takes it first, until it is filled to a share."""
        goal_wh = share * self.capacity_wh
        left_w, stored_wh = [], self.stored_wh
        for spare_w in avail_w:
            wanted_w = max(0.0, goal_wh - stored_wh) / (ROW_H * self.efficiency)
            taken_w = min(max(0.0, spare_w), self.max_charge_w, wanted_w)
            stored_wh += taken_w * ROW_H * self.efficiency
            left_w.append(spare_w - taken_w)
        return left_w


class Ledger:
    """What the batteries have promised to carry, row by row."""

    def __init__(self, tank: Tank, spares_w: list[float], carried: list[bool]) -> None:
        self._tank = tank
        self._spares_w = spares_w
        self._carried = carried
        """Rows whose whole deficit must come from the batteries; shared with whoever keeps the book."""
        self._course_wh = tank.course(spares_w)

    def carry(self, row: int, power_w: float) -> bool:
        """Promise to carry a load in one more row. False, and nothing is changed, if a promise would be broken."""
        before_wh = self._course_wh[row - 1] if row else self._tank.stored_wh
        if before_wh <= 0 and self._spares_w[row] < power_w:
            return False
        known, self._carried[row] = self._carried[row], True
        self._spares_w[row] -= power_w
        if self._holds(row, before_wh):
            self._course_wh[row:] = self._tank.course(self._spares_w[row:], before_wh)
            return True
        self._spares_w[row] += power_w
        self._carried[row] = known
        return False

    def _holds(self, first: int, stored_wh: float) -> bool:
        """Whether every promised deficit from a row on is covered; other deficits take what is there."""
        after, most_w = self._tank.after, self._tank.max_discharge_w + ROUNDING
        for row in range(first, len(self._spares_w)):
            spare_w = self._spares_w[row]
            if self._carried[row] and (-spare_w > most_w or stored_wh + ROUNDING < -spare_w * ROW_H):
                return False
            stored_wh = after(stored_wh, spare_w)
        return True

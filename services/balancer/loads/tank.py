"""The batteries together, as the schedule sees them: a tank that surplus fills and deficits empty. Energy is conserved.

Only bookkeeping for a forecast: the real batteries are dosed at each reading. Losses are taken on the way in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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

    def after(self, spare_w: float) -> "Tank":
        """A row later: surplus (spare_w > 0) fills it, a deficit empties it, each as far as it goes."""
        return replace(self, stored_wh=self.stored_wh + self._gain_wh(spare_w))

    def _gain_wh(self, spare_w: float) -> float:
        if spare_w >= 0:
            room_wh = self.capacity_wh - self.stored_wh
            return max(0.0, min(room_wh, min(spare_w, self.max_charge_w) * ROW_H * self.efficiency))
        return -min(self.stored_wh, min(-spare_w, self.max_discharge_w) * ROW_H)

    def course(self, spares_w: Sequence[float]) -> list[float]:
        """Energy at the end of each row."""
        tank, course = self, []
        for spare_w in spares_w:
            tank = tank.after(spare_w)
            course.append(tank.stored_wh)
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
            self._course_wh = self._tank.course(self._spares_w)
            return True
        self._spares_w[row] += power_w
        self._carried[row] = known
        return False

    def _holds(self, first: int, stored_wh: float) -> bool:
        """Whether every promised deficit from a row on is covered; other deficits take what is there."""
        tank, wh_per_w = self._tank, ROW_H * self._tank.efficiency
        for row in range(first, len(self._spares_w)):
            spare_w = self._spares_w[row]
            if spare_w >= 0:
                stored_wh = max(
                    stored_wh, min(tank.capacity_wh, stored_wh + min(spare_w, tank.max_charge_w) * wh_per_w)
                )
                continue
            short = -spare_w > tank.max_discharge_w + ROUNDING or stored_wh + ROUNDING < -spare_w * ROW_H
            if short and self._carried[row]:
                return False
            stored_wh = max(0.0, stored_wh - min(-spare_w, tank.max_discharge_w) * ROW_H)
        return True

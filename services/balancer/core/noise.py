"""How much the meter moves when nothing happens: what is smaller than that is not answered."""

from dataclasses import dataclass
from statistics import median

DEFAULT_W = 25.0
LEAST_W = 10.0
ENOUGH = 30
REMEMBERED = 120


@dataclass(frozen=True, slots=True)
class Noise:
    """Changes between calm readings."""

    last_w: float | None = None
    changes: tuple[float, ...] = ()

    def watch(self, grid_w: float, calm: bool) -> "Noise":
        """Take in one reading; only two calm ones in a row (no order in flight) tell anything."""
        if not calm:
            return Noise(None, self.changes)
        if self.last_w is None:
            return Noise(grid_w, self.changes)
        return Noise(grid_w, (*self.changes, abs(grid_w - self.last_w))[-REMEMBERED:])

    @property
    def band_w(self) -> float:
        """Half width of the noise band: three sigma, estimated robustly."""
        if len(self.changes) < ENOUGH:
            return DEFAULT_W
        return max(LEAST_W, 3 * 1.05 * median(self.changes))

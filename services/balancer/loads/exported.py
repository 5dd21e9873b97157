"""What is really fed in, for a while: the least export of the last minute. Nobody needs it, whatever is believed."""

from dataclasses import dataclass

WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class Exported:
    """Readings of the last minute as (time, export in W), those that a later and lower one makes pointless dropped."""

    readings: tuple[tuple[float, float], ...] = ()
    since_s: float | None = None

    def watch(self, grid_w: float, now_s: float) -> "Exported":
        """Take in one reading; + import."""
        export_w = max(0.0, -grid_w)
        kept = tuple(r for r in self.readings if now_s - r[0] <= WINDOW_S and r[1] < export_w)
        return Exported((*kept, (now_s, export_w)), now_s if self.since_s is None else self.since_s)

    def least_w(self, now_s: float) -> float:
        """What was exported throughout the window; 0 until it is full."""
        if self.since_s is None or now_s - self.since_s < WINDOW_S or not self.readings:
            return 0.0
        return self.readings[0][1]

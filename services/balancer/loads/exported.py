"""What is really fed in, for a while: the least export of the last minute. Nobody needs it, whatever is believed."""

from dataclasses import dataclass, field

from services.balancer.loads.lowest import Lowest

WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class Exported:
    """The least of the last readings, and since when there are any."""

    lowest: Lowest = field(default_factory=Lowest)
    since_s: float | None = None

    def watch(self, grid_w: float, now_s: float) -> "Exported":
        """Take in one reading; + import."""
        since_s = now_s if self.since_s is None else self.since_s
        return Exported(self.lowest.watch(max(0.0, -grid_w), now_s, WINDOW_S), since_s)

    def least_w(self, now_s: float) -> float:
        """What was exported throughout the window; 0 until it is full."""
        full = self.since_s is not None and now_s - self.since_s >= WINDOW_S
        return self.lowest.least_w if full else 0.0

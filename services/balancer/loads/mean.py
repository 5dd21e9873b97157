"""The mean of the last minutes, so that neither a kettle nor a cloud changes what is thought of the quarter hour."""

from dataclasses import dataclass

WINDOW_S = 300.0


@dataclass(frozen=True, slots=True)
class RecentMean:
    """An exponential mean with the window as its time constant; the first value is taken at once."""

    value_w: float | None = None

    def watch(self, power_w: float, elapsed_s: float) -> "RecentMean":
        """Take in one more value."""
        if self.value_w is None:
            return RecentMean(power_w)
        return RecentMean(self.value_w + min(1.0, elapsed_s / WINDOW_S) * (power_w - self.value_w))

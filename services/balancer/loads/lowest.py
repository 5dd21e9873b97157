"""The least of the last minutes: what was left when a cloud stood before the sun will be left again."""

from dataclasses import dataclass

WINDOW_S = 1200.0


@dataclass(frozen=True, slots=True)
class Lowest:
    """Values of the window as (time, power in W), those that a later and lower one makes pointless dropped."""

    values: tuple[tuple[float, float], ...] = ()

    def watch(self, power_w: float, now_s: float, window_s: float = WINDOW_S) -> "Lowest":
        """Take in one more value."""
        kept = tuple(value for value in self.values if now_s - value[0] <= window_s and value[1] < power_w)
        return Lowest((*kept, (now_s, power_w)))

    @property
    def least_w(self) -> float:
        """The least; without any limit before the first value."""
        return self.values[0][1] if self.values else float("-inf")

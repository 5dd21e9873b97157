"""A limit that is obeyed at once when it falls, and slowly when it rises."""

from dataclasses import dataclass, field

from services.balancer.loads.lowest import Lowest


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A value that is held back when it rises: each rise comes at least so long after the one before."""

    value: float | None = None
    """In force; None before the first."""
    rose_s: float = float("-inf")
    lowest: Lowest = field(default_factory=Lowest)

    def watch(self, wanted: float, now_s: float, apart_s: float, *, lasting: bool = False) -> "Relaxed":
        """Take in what would be right now. `lasting`: it rises only to what has been so for `apart_s`."""
        lowest = self.lowest.watch(wanted, now_s, apart_s) if lasting else self.lowest
        if self.value is None or wanted <= self.value:
            return Relaxed(wanted, now_s if self.value is None and lasting else self.rose_s, lowest)
        lasts = lowest.least_w if lasting else wanted
        if lasts > self.value and now_s - self.rose_s >= apart_s:
            return Relaxed(lasts, now_s, lowest)
        return Relaxed(self.value, self.rose_s, lowest)

"""What everything but the radiators draws, and so what is left for these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

SETTLED_W = 1.0


class Drawn(NamedTuple):
    """What one output may have drawn during a reading, in W."""

    low_w: float
    likely_w: float
    high_w: float

    @classmethod
    def of(cls, power_w: float) -> "Drawn":
        """Of one about which there is no doubt."""
        return cls(power_w, power_w, power_w)


@dataclass(frozen=True, slots=True)
class Others:
    """The estimate for one phase, or for the connection; None before the first reading."""

    power_w: float | None = None

    def watch(self, measured_w: float, drawn: Sequence[Drawn]) -> "Others":
        """After a reading. While outputs are being switched the estimate moves only as far as the reading forces it."""
        least_w = measured_w - sum(each.high_w for each in drawn)
        most_w = measured_w - sum(each.low_w for each in drawn)
        if self.power_w is None or most_w - least_w < SETTLED_W:
            return Others(measured_w - sum(each.likely_w for each in drawn))
        return Others(min(most_w, max(least_w, self.power_w)))

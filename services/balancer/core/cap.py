"""A limit learnt from what a device did: never forgotten, carefully tried again."""

from dataclasses import dataclass, replace
from math import inf

HOLD_S = 600.0
"""A cap is believed for this long before it is tried."""
FIRST_PROBE_W = 100.0


@dataclass(frozen=True, slots=True)
class Cap:
    """The most a device gives in one direction, as a magnitude in W; infinite until something else was seen."""

    most_w: float = inf
    try_after_s: float = 0.0
    probe_w: float = FIRST_PROBE_W

    def found(self, power_w: float, now_s: float) -> "Cap":
        """It gave less than ordered, three times: what it gave is the limit. No margin, the rest is another's."""
        return Cap(abs(power_w), now_s + HOLD_S, FIRST_PROBE_W)

    def passed(self, power_w: float, now_s: float) -> "Cap":
        """It gave more than the cap: the cap rises, and the next try is twice as bold."""
        return replace(self, most_w=abs(power_w), try_after_s=now_s, probe_w=self.probe_w * 2)

    def probe(self, power_w: float, now_s: float) -> float:
        """What to ask on top of an order at the cap, on which nobody counts; signed as the order, 0 if not due."""
        at_cap = self.most_w < inf and abs(power_w) >= self.most_w - 1
        due = at_cap and power_w != 0 and now_s >= self.try_after_s
        return (self.probe_w if power_w > 0 else -self.probe_w) if due else 0.0

"""A limit learnt from what a device did: kept, carefully tried again, and let go where the state of charge made it."""

from dataclasses import dataclass, replace
from math import inf

HOLD_S = 600.0
"""A cap is believed for this long before it is tried."""
NOTHING_W, NOTHING_HOLD_S = 50.0, 60.0
"""One that did nothing at all may have lost three orders in a row, and is tried sooner."""
FIRST_PROBE_W = 100.0
NEARLY_FULL_PCT = 90.0
NEARLY_EMPTY_PCT = 20.0
"""Beyond these a limit is taken for the taper of a full or empty battery …"""
LET_GO_PCT = 2.0
"""… and forgotten when the state of charge has moved away by this much."""


@dataclass(frozen=True, slots=True)
class Cap:
    """The most a device gives in one direction, as a magnitude in W; infinite until something else was seen."""

    most_w: float = inf
    try_after_s: float = 0.0
    probe_w: float = FIRST_PROBE_W
    tied_to_pct: float | None = None
    """State of charge that explains the limit; None if none does."""

    def found(self, power_w: float, now_s: float, tied_to_pct: float | None) -> "Cap":
        """It gave less than ordered, again and again: that is the limit. No margin, the rest is another's."""
        is_nothing = abs(power_w) < NOTHING_W and tied_to_pct is None
        return Cap(abs(power_w), now_s + (NOTHING_HOLD_S if is_nothing else HOLD_S), FIRST_PROBE_W, tied_to_pct)

    def passed(self, power_w: float, now_s: float) -> "Cap":
        """It gave more than the cap: the cap rises, and the next try is twice as bold."""
        return replace(self, most_w=abs(power_w), try_after_s=now_s, probe_w=self.probe_w * 2)

    def tried(self, now_s: float) -> "Cap":
        """A probe has been sent; the next one is due after the hold."""
        return replace(self, try_after_s=now_s + HOLD_S)

    def relaxed(self, soc_pct: float | None) -> "Cap":
        """Forgotten, if the state of charge that explained it is left behind."""
        tied = self.tied_to_pct
        return Cap() if tied is not None and soc_pct is not None and abs(soc_pct - tied) >= LET_GO_PCT else self

    def is_due(self, power_w: float, now_s: float, reach_w: float = inf) -> bool:
        """Whether an order of `power_w` stands at the cap, or at the step below it (`reach_w`), and it is time to ask
        for more."""
        at_the_cap = abs(power_w) >= min(self.most_w, reach_w + 1) - 1
        return self.most_w < inf and at_the_cap and now_s >= self.try_after_s


def explaining_pct(power_w: float, soc_pct: float | None) -> float | None:
    """The state of charge, if it explains why a battery takes (power_w > 0) or gives less than it could."""
    if soc_pct is None:
        return None
    edge = soc_pct >= NEARLY_FULL_PCT if power_w > 0 else soc_pct <= NEARLY_EMPTY_PCT
    return soc_pct if edge else None

"""Who does what it is told, and how a device that does not is left out and tried again. Pure."""

from dataclasses import dataclass, replace

PARTIALS = 3
"""So many partial results in a row, or …"""
OFF_S = 60.0
"""… a power off by more than this long, or no word within half a lease: it does not obey."""
OFF_W = 50.0
OFF_SHARE = 0.1
FIRST_PAUSE_S = 60.0
MOST_PAUSE_S = 1800.0


@dataclass(frozen=True, slots=True)
class Obedience:
    """What is remembered about one device's manners. Times on the balancer's line."""

    asked_s: float | None = None
    """When the oldest order without an answer was sent."""
    partials: int = 0
    off_since_s: float | None = None
    trouble: str | None = None
    """Why it is left out; None while it obeys."""
    until_s: float = 0.0
    """When it is tried again."""
    times: int = 0
    """Left out so often in a row."""

    def asked(self, now_s: float) -> "Obedience":
        """An order has been sent."""
        return self if self.asked_s is not None else replace(self, asked_s=now_s)

    def answered(self, outcome: str, now_s: float, detail: str = "") -> "Obedience":
        """The bridge has said what became of the newest order."""
        if outcome in ("failed", "timeout"):
            return replace(self, asked_s=None)._left_out(detail or f"the order ended as {outcome}", now_s)
        if outcome == "partial":
            counted = replace(self, asked_s=None, partials=self.partials + 1)
            return (
                counted._left_out("three orders in a row were followed in part only", now_s)
                if (counted.partials >= PARTIALS)
                else counted
            )
        if outcome == "applied":
            return replace(self, asked_s=None, partials=0)
        return self

    def seen(self, power_w: float, wanted_w: float | None, now_s: float) -> "Obedience":
        """Compare a measured power with the order in force (None: none, or still on its way)."""
        if wanted_w is None or abs(power_w - wanted_w) <= max(OFF_W, OFF_SHARE * abs(wanted_w)):
            well = wanted_w is not None and self.trouble is None
            return replace(self, off_since_s=None, times=0 if well else self.times)
        if self.off_since_s is None:
            return replace(self, off_since_s=now_s)
        if now_s - self.off_since_s > OFF_S:
            return self._left_out(f"told {wanted_w:.0f} W, does {power_w:.0f} W for a minute", now_s)
        return self

    def looked_at(self, now_s: float, ttl_s: float) -> "Obedience":
        """Let time pass: silence becomes a fault, and a pause ends."""
        if self.trouble is not None and now_s >= self.until_s:
            return Obedience(times=self.times)
        if self.trouble is None and self.asked_s is not None and now_s - self.asked_s > ttl_s / 2:
            return replace(self, asked_s=None)._left_out(f"no answer for {ttl_s / 2:.0f} s", now_s)
        return self

    def _left_out(self, trouble: str, now_s: float) -> "Obedience":
        pause_s = min(MOST_PAUSE_S, FIRST_PAUSE_S * 2**self.times)
        return Obedience(trouble=trouble, until_s=now_s + pause_s, times=min(self.times + 1, 10))

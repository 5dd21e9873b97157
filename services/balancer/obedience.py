"""Who does what it is told, and how a device that does not is left out and tried again. Pure.

A device that does only part of an order is no case for this: the law learns how much, and others do the rest.
"""

from dataclasses import dataclass, replace

from services.balancer.words import asked, doing

FAILURES = 3
"""So many orders in a row that were not carried out, or …"""
OFF_S = 60.0
OFF_SAMPLES = 3
"""… a power off the order by more than this, in every settled sample of a minute, or …"""
OFF_W = 50.0
OFF_SHARE = 0.1
FIRST_PAUSE_S = 60.0
"""… no word within half a lease: it does not obey, and is left out for so long, each time twice as long."""
MOST_PAUSE_S = 300.0
REVERSED = "moves the grid meter the wrong way: a clamp or a sign is reversed"
REVERSED_S = 3600.0


@dataclass(frozen=True, slots=True)
class Obedience:
    """What is remembered about one device's manners. Times on the balancer's line."""

    asked_s: float | None = None
    """When the oldest order was sent that nobody has said to be carried out."""
    accepted: bool = False
    """Its bridge has taken that order."""
    failures: int = 0
    off_since_s: float | None = None
    off_samples: int = 0
    trouble: str | None = None
    """Why it is left out, in words that follow its name; None while it obeys."""
    until_s: float = 0.0
    """When it is tried again."""
    times: int = 0
    """Left out so often in a row."""

    @classmethod
    def reversed(cls, now_s: float) -> "Obedience":
        """The grid meter contradicts it: every order makes things worse, so it is left out for long."""
        return cls(trouble=REVERSED, until_s=now_s + REVERSED_S)

    def asked(self, now_s: float) -> "Obedience":
        """An order has been sent."""
        return self if self.asked_s is not None else replace(self, asked_s=now_s, accepted=False)

    def answered(self, outcome: str, now_s: float, detail: str = "") -> "Obedience":
        """The bridge has said what became of the newest order."""
        if outcome in ("applied", "partial"):
            return replace(self, asked_s=None, failures=0)
        if outcome == "accepted":
            return replace(self, accepted=True)
        if outcome not in ("failed", "timeout", "rejected"):
            return self
        failures = self.failures + 1
        if failures < FAILURES:
            return replace(self, asked_s=None, failures=failures)
        why = f" ({detail})" if detail else f" ({outcome})"
        return self.left_out(f"did not carry out {FAILURES} orders in a row{why}", now_s)

    def still_there(self, now_s: float) -> "Obedience":
        """The bridge has carried out an order that a newer one has replaced meanwhile."""
        return self if self.asked_s is None else replace(self, asked_s=now_s)

    def seen(self, power_w: float, wanted_w: float | None, now_s: float) -> "Obedience":
        """Compare a measured power with the order in force (None: it is still on its way)."""
        if wanted_w is None:
            return self
        if abs(power_w - wanted_w) <= max(OFF_W, OFF_SHARE * abs(wanted_w)):
            return self._obeys()
        return self._does_not(f"{doing(power_w)} although it was told {asked(wanted_w)} a minute ago", now_s)

    def seen_switch(self, on: bool, wanted: bool, now_s: float) -> "Obedience":
        """Compare how a switch stands with the order in force."""
        if on == wanted:
            return self._obeys()
        stands, told = ("on", "off") if on else ("off", "on")
        return self._does_not(f"is {stands} although it was told to be {told} a minute ago", now_s)

    def _obeys(self) -> "Obedience":
        return replace(self, off_since_s=None, off_samples=0, times=0 if self.trouble is None else self.times)

    def _does_not(self, trouble: str, now_s: float) -> "Obedience":
        """One more sample that shows something else; in the end it is left out."""
        since_s = now_s if self.off_since_s is None else self.off_since_s
        if now_s - since_s > OFF_S and self.off_samples >= OFF_SAMPLES:
            return self.left_out(trouble, now_s)
        return replace(self, off_since_s=since_s, off_samples=self.off_samples + 1)

    def unordered(self) -> "Obedience":
        """No order of ours is in force, so nothing is expected."""
        expects = self.asked_s is not None or self.off_since_s is not None
        return replace(self, asked_s=None, off_since_s=None, off_samples=0) if expects else self

    def looked_at(self, now_s: float, ttl_s: float) -> "Obedience":
        """Let time pass: silence becomes a fault, and a pause ends."""
        if self.trouble is not None:
            return Obedience(times=self.times) if now_s >= self.until_s else self
        if self.asked_s is not None and now_s - self.asked_s > ttl_s / 2:
            did_not = "carried out" if self.accepted else "answered"
            return self.left_out(f"has not {did_not} an order for {ttl_s / 2:.0f} s", now_s)
        return self

    def pardoned(self) -> "Obedience":
        """Its bridge reaches it again: what was before is no reason to wait."""
        return Obedience(times=self.times)

    def left_out(self, trouble: str, now_s: float) -> "Obedience":
        """The house goes on without it for a while."""
        pause_s = min(MOST_PAUSE_S, FIRST_PAUSE_S * 2**self.times)
        return Obedience(trouble=trouble, until_s=now_s + pause_s, times=min(self.times + 1, 10))

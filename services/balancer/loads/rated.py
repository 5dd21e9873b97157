"""What a load really draws when it is on: learnt from measurement, so that nobody needs to know it exactly."""

from dataclasses import dataclass, replace

from services.balancer.loads.stored import IDLE_SHARE

LEAST_W = 5.0
"""A socket with nothing plugged in measures noise."""
INRUSH_S = 5.0
"""What is measured so soon after switch-on may be an inrush."""
FOLLOW = 0.2
"""Each run that was weaker than the belief moves it by so much; a stronger one at once."""


@dataclass(frozen=True, slots=True)
class Rated:
    """The belief, and what the present run has shown."""

    power_w: float | None = None
    """Draw in W when it works; None until something was measured or told."""
    run_w: float = 0.0
    """The most that two measurements in a row of this run agree on."""
    last_w: float | None = None
    on_since_s: float | None = None

    def measured(self, power_w: float, on: bool, at_s: float) -> "Rated":
        """The belief after one more measurement."""
        if not on:
            return self._ended()
        since_s = at_s if self.on_since_s is None else self.on_since_s
        if at_s - since_s < INRUSH_S:
            return replace(self, on_since_s=since_s)
        both_w = power_w if self.last_w is None else min(power_w, self.last_w)
        run_w = max(self.run_w, both_w if self.last_w is not None else 0.0)
        believed_w = run_w if run_w >= max(LEAST_W, self.power_w or 0.0) else self.power_w
        return replace(self, power_w=believed_w, run_w=run_w, last_w=power_w, on_since_s=since_s)

    def _ended(self) -> "Rated":
        """A run is over: if all of it was weaker, the belief was too high."""
        power_w = self.power_w
        if power_w is not None and max(LEAST_W, IDLE_SHARE * power_w) <= self.run_w < power_w:
            power_w += FOLLOW * (self.run_w - power_w)
        return Rated(power_w)

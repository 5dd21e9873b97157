"""How a device answers an order, and how well that is known."""

from dataclasses import dataclass

MOST_SPREAD = 2.0
"""Where every belief begins: each of dead time and ramp may be wrong by this factor. Never begin smaller."""


@dataclass(frozen=True, slots=True)
class Response:
    """From the order to the power: nothing for `dead_time_s`, then along the ramp."""

    dead_time_s: float
    ramp_w_per_s: float

    def early(self, spread: float) -> "Response":
        """The quickest answer still believed."""
        return Response(self.dead_time_s / spread, self.ramp_w_per_s * spread)

    def late(self, spread: float) -> "Response":
        """The slowest answer still believed."""
        return Response(self.dead_time_s * spread, self.ramp_w_per_s / spread)

    def time_s(self, step_w: float = 1000.0) -> float:
        """From the order until a change of `step_w` is done."""
        return self.dead_time_s + step_w / self.ramp_w_per_s

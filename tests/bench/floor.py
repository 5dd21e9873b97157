"""The least time in which a house can come back to zero after a step, whoever regulates it.

`t_min = w + L + c + q + (k − 1)·t_retry + θ + max(0, ΔP − band)/r`: waiting for a reading that has seen the step,
the meter's latency, decision and transport, quiet time of the link, lost attempts, dead time, ramp.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How orders travel."""

    transport_s: float = 0.02
    quiet_s: float = 0.0
    """Longest time a device must be left in peace; what of it still runs is drawn evenly."""
    loss_in: float = 0.0
    """Share of requests that never arrive."""
    retry_s: float = 3.0


LOCAL = Link()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """What is to be moved, and how it is seen."""

    period_s: float = 1.0
    late_s: tuple[float, float] = (0.1, 0.3)
    dead_time_s: float
    ramp_w_per_s: float
    step_w: float
    band_w: float


def floor_s(plant: Plant, share: float, link: Link = LOCAL) -> float:
    """The floor that this share of the steps does not exceed (0.5 or 0.95).

    A meter that averages has seen all of a step after 0.75 periods in the middle and 1.0 at the edge, because the
    first order already follows from a part of it.
    """
    edge = share > 0.5
    wait_s = plant.period_s * (1.0 if edge else 0.75)
    late_s = plant.late_s[1] if edge else sum(plant.late_s) / 2
    quiet_s = link.quiet_s * (share if edge else 0.5)
    attempts = 1 if link.loss_in <= 0 else max(1, math.ceil(math.log(1 - share) / math.log(link.loss_in)))
    moving_s = max(0.0, plant.step_w - plant.band_w) / plant.ramp_w_per_s
    lost_s = (attempts - 1) * link.retry_s
    return round(wait_s + late_s + link.transport_s + quiet_s + lost_s + plant.dead_time_s + moving_s, 2)

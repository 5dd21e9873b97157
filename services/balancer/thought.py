"""What was found out on the way to one decision: the bridge between thinking and telling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.balancer.bounds import Named
from services.balancer.core.decide import Outcome, Reading
from services.balancer.dispatch import Target
from services.balancer.rules.car import CarChoice
from services.balancer.world import Device, Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """All that was found out on the way to one decision."""

    measured_ms: int
    reading: Reading
    meter: Meter
    pool: Sequence[Device]
    named: Mapping[str, Named]
    narrowed: frozenset[str]
    """Devices that a phase keeps from more."""
    outcome: Outcome
    car: CarChoice | None
    targets: Mapping[str, Target]

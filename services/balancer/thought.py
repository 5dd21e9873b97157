"""What was found out on the way to one decision: the bridge between thinking and telling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.balancer.bounds import Named
from services.balancer.core.decide import Outcome, Reading
from services.balancer.dispatch import Target
from services.balancer.loads.duty import Duty
from services.balancer.rules.car import CarChoice
from services.balancer.switchboard import LoadTurn
from services.balancer.world import Device, Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """All that was found out on the way to one decision."""

    measured_ms: int
    reading: Reading
    meter: Meter
    pool: Sequence[Device]
    """Whoever regulates itself."""
    named: Mapping[str, Named]
    outcome: Outcome
    car: CarChoice | None
    loads: Mapping[str, LoadTurn]
    """Switched loads."""
    dimmers: Mapping[str, Duty]
    """Dimmed loads, and what each must do."""
    switched: Sequence[str]
    """Loads that are told something else than before."""
    is_guided: bool
    """A plan for the batteries is in force."""
    targets: Mapping[str, Target]

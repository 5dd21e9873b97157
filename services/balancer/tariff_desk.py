"""What is remembered of dear days between two looks: what holds, who fills, what was told. No behaviour."""

from dataclasses import dataclass, field

from common.contract import Ack
from services.balancer.dispatch import Standing
from services.balancer.rules.tariff_policy import Course, Reserve


@dataclass(slots=True)
class TariffDesk:
    """The policy in force."""

    batteries: frozenset[str] = frozenset()
    """Whose charge follows the tariff."""
    course: Course | None = None
    """None: there is no policy, or it is not its season."""
    held: Reserve | None = None
    """What held last, also over a restart."""
    filling: frozenset[str] = frozenset()
    """Who is charged to the target now."""
    reached_pct: dict[str, float] = field(default_factory=dict)
    """The target that a battery has reached in these off-peak hours."""
    standing: dict[str, Standing] = field(default_factory=dict)
    """Reserves and relays, as they were told last."""
    answers: dict[str, Ack] = field(default_factory=dict)
    """What became of that."""

    def reserve_of(self, name: str) -> Reserve | None:
        """What a battery shall hold; None if that is its owner's affair alone."""
        return self.course.reserve if self.course is not None and name in self.batteries else None

    def keeps(self, name: str) -> bool:
        """Whether a battery keeps what it has for dearer hours."""
        return self.course is not None and self.course.fills and name in self.batteries

    def answered(self, device: str, ack: Ack) -> None:
        """A bridge says what became of an order, maybe of one of these."""
        known = self.standing.get(device)
        if known is not None and known.cmd_id == ack.cmd_id:
            self.answers[device] = ack

    def forget(self) -> None:
        """Nothing that was told counts any more."""
        self.standing.clear()
        self.answers.clear()

"""What the connection bears, over all phases and per phase. No order of ours takes it further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from services.balancer.core.merit import Bounds
from services.balancer.core.wish import House, Wish

ANYTHING = Bounds(-inf, inf)
VOLTAGE_V = 230.0
"""Nominal voltage of a European connection (EN 60038)."""


def keep_the_fuse(house: House) -> Wish | None:
    """Never import more than the connection bears: what exceeds it must be found, whatever the mode."""
    return Wish(rule="import_limit", at_most_w=house.max_import_w - house.rest_w) if house.max_import_w < inf else None


def keep_the_feed_in(house: House) -> Wish | None:
    """Never export more than is allowed."""
    if house.max_export_w == inf:
        return None
    return Wish(rule="export_limit", at_least_w=-house.max_export_w - house.rest_w)


@dataclass(frozen=True, slots=True)
class OnPhase:
    """One dosed device as a phase sees it."""

    id: str
    phase: int | None
    """None: unknown, so it is judged as if it hung on each of them."""
    power_w: float
    """What it is believed to do now."""
    reach: Bounds = ANYTHING
    """What it can really do: it needs no more head room than that."""

    def is_on(self, phase: int) -> bool:
        """Whether it may hang on that phase."""
        return self.phase in (None, phase)

    @property
    def hidden_w(self) -> float:
        """Its power, if nobody knows which phase's reading holds it."""
        return self.power_w if self.phase is None else 0.0


def keep_each_phase(
    devices: Sequence[OnPhase], bounds: Mapping[str, Bounds], phases_w: Mapping[int, float], fuse_w: float
) -> dict[str, Bounds]:
    """Narrow the bounds so that no phase leaves ±`fuse_w`.

    Devices share the head room of their phase in order; each may always be at rest. On a device whose phase is
    unknown nobody counts: what it gives may hide a load of any phase, what it takes is nobody's room but its own.
    """
    up_w = {phase: fuse_w - _idle_w(phase, power_w, devices, -1) for phase, power_w in phases_w.items()}
    down_w = {phase: fuse_w + _idle_w(phase, power_w, devices, 1) for phase, power_w in phases_w.items()}
    kept: dict[str, Bounds] = {}
    for device in devices:
        mine = [phase for phase in phases_w if device.is_on(phase)]
        own_up_w, own_down_w = max(0.0, device.hidden_w), max(0.0, -device.hidden_w)
        high_w = own_up_w + min((up_w[phase] for phase in mine), default=inf)
        low_w = -own_down_w - min((down_w[phase] for phase in mine), default=inf)
        before = bounds[device.id]
        after = before._replace(low_w=min(0.0, max(before.low_w, low_w)), high_w=max(0.0, min(before.high_w, high_w)))
        kept[device.id], needed = after, after.within(device.reach)
        for phase in mine:
            up_w[phase] -= max(0.0, needed.high_w - own_up_w)
            down_w[phase] -= max(0.0, -needed.low_w - own_down_w)
    return kept


def _idle_w(phase: int, measured_w: float, devices: Sequence[OnPhase], towards: int) -> float:
    """What a phase would carry without our devices; those of unknown phase are taken for what would be worse."""
    known_w = sum(device.power_w for device in devices if device.phase == phase)
    hidden_w = sum(device.hidden_w for device in devices if device.hidden_w * towards > 0)
    return measured_w - known_w - hidden_w

"""What the connection bears, over all phases and per phase. No order of ours takes it further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from services.balancer.core.merit import Bounds
from services.balancer.core.wish import House, Wish

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


def keep_each_phase(
    devices: Sequence[OnPhase], bounds: Mapping[str, Bounds], phases_w: Mapping[int, float], fuse_w: float
) -> tuple[dict[str, Bounds], frozenset[str]]:
    """Narrow the bounds so that no phase leaves ±`fuse_w`. Returns them and the devices that were narrowed.

    Devices share the head room of their phase in order; each may always move towards zero.
    """
    up_w = {phase: fuse_w - power_w for phase, power_w in phases_w.items()}
    down_w = {phase: fuse_w + power_w for phase, power_w in phases_w.items()}
    kept: dict[str, Bounds] = {}
    narrowed: set[str] = set()
    for device in devices:
        mine = [phase for phase in phases_w if device.phase in (None, phase)]
        high_w = device.power_w + min((up_w[phase] for phase in mine), default=inf)
        low_w = device.power_w - min((down_w[phase] for phase in mine), default=inf)
        before = bounds[device.id]
        after = Bounds(min(0.0, max(before.low_w, low_w)), max(0.0, min(before.high_w, high_w)))
        kept[device.id] = after
        if after != before:
            narrowed.add(device.id)
        for phase in mine:
            up_w[phase] -= max(0.0, after.high_w - device.power_w)
            down_w[phase] -= max(0.0, device.power_w - after.low_w)
    return kept, frozenset(narrowed)

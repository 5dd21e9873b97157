"""The answer: what each device should do in each slot, what that costs, and what stored energy is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from common.execution import Act, Intent

Runs = Sequence[frozenset[int]]
"""Per job of the problem: the slots in which it runs."""


class Stretch(NamedTuple):
    """Neighbouring slots with one intent."""

    first_slot: int
    before_slot: int
    """The first that no longer belongs to it."""
    intent: Intent
    power_w: float
    """Mean over its slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The best found. Everything is what is expected over all scenarios; + consumes, + import."""

    acts: Mapping[str, Sequence[Act]]
    """Per device and slot."""
    grid_w: Sequence[float]
    import_w: Sequence[float]
    export_w: Sequence[float]
    """Both ≥ 0. With several scenarios a slot may have some of each."""
    cost_eur: Sequence[float]
    """Per slot: import minus what is received for export."""
    price_eur_per_kwh: Sequence[float]
    """Per slot: what one more kWh drawn in it would cost, wherever it comes from."""
    value_eur_per_kwh: Sequence[float]
    """Per slot: what one more kWh, stored at its end, is worth. All 0 without a battery."""
    stored_wh: Mapping[str, Sequence[float]]
    """Per battery: at the end of each slot."""
    short_wh: Mapping[str, float]
    """Needs that cannot be met: what will be missing, by device."""
    runs: Runs
    """Where the next plan begins its search."""
    gap_eur: float
    """A better plan among those that were searched could save no more than this."""

    def stretches(self, device: str) -> list[Stretch]:
        """The acts of a device with equal neighbours merged."""
        found: list[Stretch] = []
        for intent, group in groupby(enumerate(self.acts[device]), key=lambda each: each[1].intent):
            acts = list(group)
            mean_w = sum(act.power_w for _, act in acts) / len(acts)
            found.append(Stretch(acts[0][0], acts[-1][0] + 1, intent, mean_w))
        return found

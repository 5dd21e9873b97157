"""Prices over time: those that are told, and those that were in force before. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from common.contract import TariffSlot, TariffState

DAY_MS: Final = 86_400_000
SAID: Final = ("final", "provisional")
"""By somebody, not assumed."""
Prices = tuple[float, float]
"""(import, export) in EUR/kWh"""


class Timeline:
    """Asked for instants. `export_eur_per_kwh`: what a kWh fed in earns where the tariff does not tell."""

    def __init__(self, tariff: TariffState, past: Sequence[TariffSlot], export_eur_per_kwh: float | None) -> None:
        self._slots = (*past, *tariff.slots)
        self.edges_ms = [slot.start_ms for slot in self._slots]
        """Where a price changes."""
        self._export, self._tariff = export_eur_per_kwh, tariff

    def at(self, at_ms: int) -> TariffSlot | None:
        """The slot an instant lies in."""
        place = bisect_right(self.edges_ms, at_ms) - 1
        return self._slots[place] if place >= 0 and at_ms < self._slots[place].end_ms else None

    def prices(self, at_ms: int) -> Prices | None:
        """What is told of an instant; None if that is not all."""
        slot = self.at(at_ms)
        if slot is None or slot.price_eur_per_kwh is None:
            return None
        export = self._export if slot.export_eur_per_kwh is None else slot.export_eur_per_kwh
        return None if export is None else (slot.price_eur_per_kwh, export)

    def as_before(self, at_ms: int) -> Prices | None:
        """What it was at this time a day before, or two, as far as somebody said it."""
        for days in (1, 2):
            slot = self.at(at_ms - days * DAY_MS)
            if slot is not None and slot.certainty in SAID:
                return self.prices(at_ms - days * DAY_MS)
        return None

    def is_assumed(self, at_ms: int) -> bool:
        """Whether nobody has said what it costs then, and the worst is told."""
        slot = self.at(at_ms)
        return slot is not None and slot.certainty == "assumed"

    def worst_share(self, at_ms: int) -> float:
        """How likely the worst is that is assumed: its share of the days the season has left; 1 if nobody counts."""
        slot, tariff = self.at(at_ms), self._tariff
        left = [days for days in (tariff.days_left_0, tariff.days_left_1, tariff.days_left_2) if days is not None]
        if slot is None or slot.severity is None or len(left) < 3 or not sum(left):
            return 1.0
        return left[slot.severity] / sum(left)

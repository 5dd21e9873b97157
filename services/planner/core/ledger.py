"""What a period came to: energy, money, wear, and what was not met. One step after the other, nothing is kept."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

QUARTER_H: Final = 0.25


class Booked(NamedTuple):
    """One step of a house. Means over its length."""

    start_s: float
    hours: float
    load_w: float
    """Everything that consumes but batteries, ≥ 0."""
    production_w: float
    battery_w: float
    """All batteries; + charge."""
    import_eur_per_kwh: float
    export_eur_per_kwh: float

    @property
    def grid_w(self) -> float:
        """What the meter shows; + import."""
        return self.load_w + self.battery_w - self.production_w


@dataclass(slots=True)
class Ledger:
    """The sums of a period."""

    cost_eur: float = 0.0
    """Import minus what is received for export."""
    import_wh: float = 0.0
    export_wh: float = 0.0
    load_wh: float = 0.0
    production_wh: float = 0.0
    charged_wh: float = 0.0
    discharged_wh: float = 0.0
    unmet_wh: float = 0.0
    """Needs that were missed."""
    peak_quarter_w: float = 0.0
    """The highest mean import of a quarter hour on the clock (of a step, where steps are longer)."""
    hours: float = 0.0
    left_eur: float = 0.0
    """What is still stored in the end would bring."""
    dearest_eur_per_kwh: float = 0.0
    """The highest price of import that was seen."""
    _quarter: int = field(default=-1)
    _quarter_wh: float = field(default=0.0)

    def add(self, step: Booked) -> float:
        """Book one step. Returns its cost in EUR."""
        grid_wh = step.grid_w * step.hours
        self.import_wh += max(0.0, grid_wh)
        self.export_wh += max(0.0, -grid_wh)
        price = step.import_eur_per_kwh if grid_wh > 0 else step.export_eur_per_kwh
        cost_eur = grid_wh / 1000 * price
        self.cost_eur += cost_eur
        self.load_wh += step.load_w * step.hours
        self.production_wh += step.production_w * step.hours
        self.charged_wh += max(0.0, step.battery_w) * step.hours
        self.discharged_wh += max(0.0, -step.battery_w) * step.hours
        self.hours += step.hours
        self.dearest_eur_per_kwh = max(self.dearest_eur_per_kwh, step.import_eur_per_kwh)
        self._peak(step)
        return cost_eur

    def _peak(self, step: Booked) -> None:
        quarter = int(step.start_s // 900)
        if quarter != self._quarter:
            self._quarter, self._quarter_wh = quarter, 0.0
        self._quarter_wh += max(0.0, step.grid_w) * step.hours
        self.peak_quarter_w = max(self.peak_quarter_w, self._quarter_wh / max(QUARTER_H, step.hours))

    @property
    def reckoned_eur(self) -> float:
        """The cost for comparing: what is still stored is as good as sold, a need unmet counts at the dearest price."""
        return self.cost_eur - self.left_eur + self.unmet_wh / 1000 * self.dearest_eur_per_kwh

    @property
    def self_consumption_pct(self) -> float | None:
        """Share of the sun that was not fed in; None without sun."""
        return _share_pct(self.production_wh - self.export_wh, self.production_wh)

    @property
    def self_sufficiency_pct(self) -> float | None:
        """Share of what was drawn that was not bought; None if nothing was drawn."""
        return _share_pct(self.load_wh - self.import_wh, self.load_wh)

    def cycles(self, capacity_wh: float) -> float | None:
        """Full cycles of the batteries; None without one."""
        return self.discharged_wh / capacity_wh if capacity_wh > 0 else None


def _share_pct(part: float, whole: float) -> float | None:
    """Between 0 and 100: what batteries brought through the meter counts against it."""
    return min(100.0, max(0.0, 100 * part / whole)) if whole > 0 else None

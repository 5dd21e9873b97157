"""What stored energy is worth when nobody knows exactly what will come: the quantiles of the forecast, slot by slot.

A plan is made for one course of the day, and so its dual jumps: a kWh is worth 4 ct if the sun will fill the battery
anyway and 30 ct if it will just not. Here each slot may turn out in several ways, and each time the battery does what
is best then. Backwards from the last slot, the marginal value of what is stored is merged with what the slot offers
for it: selling, covering the house, taking the sun, buying. Exact but for the grid of charges on which it is kept.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.planner.core.problem import Store

CELLS: Final = 200
"""The battery's content is cut into so many."""

Array = NDArray[np.float64]


class Outlook(NamedTuple):
    """One slot to come."""

    hours: float
    import_eur_per_kwh: float
    export_eur_per_kwh: float
    base_w: Sequence[float]
    """Ways it may turn out, all as likely: the house with its loads, minus the sun; + import."""


class Worth(NamedTuple):
    """The marginal value of stored energy, by how much there is."""

    low_wh: float
    cell_wh: float
    eur_per_kwh: Sequence[float]
    """Per cell; it falls with what is stored."""

    def at(self, stored_wh: float) -> float:
        """The value of one more kWh on top of this."""
        cell = int((stored_wh - self.low_wh) / self.cell_wh) if self.cell_wh else 0
        return self.eur_per_kwh[min(len(self.eur_per_kwh) - 1, max(0, cell))]

    def filled_to(self, eur_per_kwh: float) -> float:
        """The content up to which a kWh is worth more than this."""
        return self.low_wh + self.cell_wh * sum(value > eur_per_kwh for value in self.eur_per_kwh)


def worth(store: Store, ahead: Sequence[Outlook], end_eur_per_kwh: float) -> Worth:
    """What is stored at the beginning of these slots is worth, in EUR/kWh. `end_eur_per_kwh`: after the last one."""
    size_kwh = (store.high_wh - store.low_wh) / 1000
    values: Array = np.full(CELLS, end_eur_per_kwh)
    if size_kwh > 0:
        for slot in reversed(ahead):
            ways = [_before(store, slot, base_w / 1000, values, size_kwh) for base_w in slot.base_w]
            values = np.mean(ways, axis=0)
    return Worth(store.low_wh, size_kwh * 1000 / CELLS, [float(value) for value in values])


def _before(store: Store, slot: Outlook, base_kw: float, after: Array, size_kwh: float) -> Array:
    """The marginal values before a slot, from those after it: both offers sorted by price, the dearest first."""
    offers = _offers(store, slot, base_kw)
    prices = np.concatenate([after, [price for price, _ in offers]])
    lengths = np.concatenate([np.full(CELLS, size_kwh / CELLS), [length for _, length in offers]])
    order = np.argsort(-prices, kind="stable")
    most_in_kwh = store.max_charge_w / 1000 * slot.hours * store.charge_efficiency
    ends = np.concatenate([[0.0], np.cumsum(lengths[order])]) - most_in_kwh
    sums = np.concatenate([[0.0], np.cumsum(prices[order] * lengths[order])])
    worth_at = np.interp(np.linspace(0.0, size_kwh, CELLS + 1), ends, sums)
    before: Array = np.diff(worth_at) / (size_kwh / CELLS)
    return before


def _offers(store: Store, slot: Outlook, base_kw: float) -> list[tuple[float, float]]:
    """(EUR per kWh stored, kWh stored) for each thing a slot may do with a battery: buy, take sun, cover, sell."""
    into, out = store.charge_efficiency, store.discharge_efficiency
    most_in_kw, most_out_kw = store.max_charge_w / 1000, store.max_discharge_w / 1000
    sun_kw, house_kw = min(most_in_kw, max(0.0, -base_kw)), min(most_out_kw, max(0.0, base_kw))
    paid, received = slot.import_eur_per_kwh, slot.export_eur_per_kwh
    return [
        (paid / into, (most_in_kw - sun_kw) * slot.hours * into),
        (received / into, sun_kw * slot.hours * into),
        (paid * out, house_kw * slot.hours / out),
        (received * out, (most_out_kw - house_kw) * slot.hours / out),
    ]


def together(stores: Sequence[Store]) -> Store:
    """All batteries as one."""
    capacity_wh = sum(store.capacity_wh for store in stores)

    def mean(values: Sequence[float]) -> float:
        return sum(value * store.capacity_wh for value, store in zip(values, stores, strict=True)) / capacity_wh

    return Store(
        device="all",
        capacity_wh=capacity_wh,
        stored_wh=sum(store.stored_wh for store in stores),
        max_charge_w=sum(store.max_charge_w for store in stores),
        max_discharge_w=sum(store.max_discharge_w for store in stores),
        reserve_wh=sum(store.low_wh for store in stores),
        ceiling_wh=sum(store.high_wh for store in stores),
        charge_efficiency=mean([store.charge_efficiency for store in stores]),
        discharge_efficiency=mean([store.discharge_efficiency for store in stores]),
    )

"""What the house did, by quarter hours: what it drew and paid, and what its batteries held. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from common.means import QUARTER_S, Means
from services.planner.heard import Heard
from services.planner.timeline import Prices, Timeline

KEPT: Final = 2 * 100 + 1
"""Quarters: yesterday, the running day, and the last one before them."""


class Row(NamedTuple):
    """One quarter hour that is over; only what is known in full gets one."""

    start_s: int
    grid_w: float
    """+ import."""
    battery_w: float
    """All of them, + charge."""
    import_eur_per_kwh: float
    export_eur_per_kwh: float
    stored_wh: float
    """In all batteries, at its end."""


class Diary:
    """Takes in measurements, and writes a row when a quarter hour is over."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: tuple[Row, ...] = tuple(rows)
        self._means: dict[str, Means] = {}

    def add(self, name: str, at_ms: int, power_w: float | None) -> None:
        """A measurement of the grid meter or of a battery."""
        self._means.setdefault(name, Means()).add(at_ms / 1000, power_w)

    def close(self, start_s: int, heard: Heard, grid_meter: str, export_eur_per_kwh: float | None) -> bool:
        """A quarter is over. Returns whether all of it is known, so that it has a row."""
        end_ms = 1000 * (start_s + QUARTER_S)
        prices = _prices(heard, end_ms - 500 * QUARTER_S, export_eur_per_kwh)
        batteries = [name for name, terms in heard.present(end_ms) if terms.kind == "battery"]
        grid_w = self._mean_w(grid_meter, start_s)
        battery_w = _sum(self._mean_w(name, start_s) for name in batteries)
        stored_wh = _sum(heard.stored_wh(name, end_ms) for name in batteries)
        if prices is None or grid_w is None or battery_w is None or stored_wh is None:
            return False
        self.rows = (*self.rows, Row(start_s, grid_w, battery_w, *prices, stored_wh))[-KEPT:]
        return True

    def _mean_w(self, name: str, start_s: int) -> float | None:
        means = self._means.get(name)
        return means.mean_w(start_s) if means is not None else None


def _prices(heard: Heard, at_ms: int, export_eur_per_kwh: float | None) -> Prices | None:
    return Timeline(heard.tariff, heard.past, export_eur_per_kwh).prices(at_ms) if heard.tariff is not None else None


def _sum(parts: Iterable[float | None]) -> float | None:
    """None if there are none, or one of them is not known."""
    known = list(parts)
    return sum(part for part in known if part is not None) if known and None not in known else None


def following(rows: Sequence[Row], begin_s: float, end_s: float) -> list[tuple[Row, Row]]:
    """(the one before, row) of every row in a time whose predecessor is known too."""
    return [
        (before, row)
        for before, row in pairwise(rows)
        if begin_s <= row.start_s < end_s and row.start_s - before.start_s == QUARTER_S
    ]

"""A linear program with whole numbers, put together row by row. kW, kWh and EUR keep its figures near 1."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

Term = tuple[int, float]
"""(column, factor)"""


@dataclass(slots=True)
class Program:
    """Minimize cost, subject to rows of low ≤ Σ factor · column ≤ high."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    """Columns that are whole numbers."""
    row_low: list[float] = field(default_factory=list)
    row_high: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)

    def column(self, low: float = 0.0, high: float = inf, *, cost: float = 0.0, is_whole: bool = False) -> int:
        """A new unknown between two bounds. Returns its number."""
        self.low.append(low)
        self.high.append(high)
        self.cost.append(cost)
        if is_whole:
            self.whole.append(len(self.low) - 1)
        return len(self.low) - 1

    def row(self, terms: Iterable[Term], low: float = -inf, high: float = inf) -> int:
        """A new condition; each column at most once. Returns its number."""
        for column, factor in terms:
            self.columns.append(column)
            self.factors.append(factor)
        self.starts.append(len(self.columns))
        self.row_low.append(low)
        self.row_high.append(high)
        return len(self.row_low) - 1

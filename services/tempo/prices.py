"""Price tables with the dates from which they hold. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from common.contract.tariff import Band

Prices = Mapping[tuple[int, Band], float]
"""EUR/kWh by severity and band."""
OLD: Final = timedelta(days=214)
"""Regulated prices change on 1 February and 1 August: what is older than seven months has been overtaken."""


@dataclass(frozen=True, slots=True)
class Version:
    """Prices from a date on, until the next version."""

    valid_from: date
    prices: Prices


class Table:
    """The versions of one contract's prices."""

    def __init__(self, versions: Iterable[Version]) -> None:
        self._versions = sorted(versions, key=lambda version: version.valid_from)

    @property
    def changes(self) -> tuple[date, ...]:
        """The dates on which prices change, at local midnight."""
        return tuple(version.valid_from for version in self._versions)

    def price(self, day: date, severity: int | None, band: Band) -> float | None:
        """What a kWh costs on a calendar day; None if no version holds yet, or the severity is not known."""
        valid = [version for version in self._versions if version.valid_from <= day]
        return valid[-1].prices.get((severity, band)) if valid and severity is not None else None

    def is_old(self, day: date) -> bool:
        """Whether newer prices than the newest of these must exist."""
        return not self._versions or day - self._versions[-1].valid_from > OLD


@dataclass(frozen=True, slots=True)
class Export:
    """What feeding in earns: prices of its own, as much as drawing costs, or nobody said."""

    table: Table | None = None
    as_import: bool = False

    @property
    def changes(self) -> tuple[date, ...]:
        """The dates on which it changes, at local midnight."""
        return self.table.changes if self.table else ()

    def price(self, day: date, import_price: float | None) -> float | None:
        """EUR/kWh on a calendar day, while drawing costs that much."""
        return self.table.price(day, 0, "flat") if self.table else import_price if self.as_import else None


NO_EXPORT: Final = Export()

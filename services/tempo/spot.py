"""A contract whose prices come from the exchange, a day ahead. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from pydantic import JsonValue, TypeAdapter

from services.tempo.hours import DAY, Hours
from services.tempo.prices import NO_EXPORT, Export
from services.tempo.timeline import DAYS_AHEAD, Slot, Slots, merged
from services.tempo.wire.day_ahead import Spot

AHEAD: Final = timedelta(hours=47)
"""Nothing is said of what lies further ahead: so a message of quarter hours stays below 32 KiB."""
_ROWS: Final = TypeAdapter(tuple[tuple[int, int, float], ...])


@dataclass(frozen=True, slots=True)
class Formula:
    """From the exchange's price to the one that is paid: (spot × `factor` + `add`) × (1 + `vat`)."""

    factor: float = 1.0
    add: float = 0.0
    """EUR/kWh: supplier, grid, energy taxes."""
    vat: float = 0.0
    """0.2 for 20 %."""

    def price(self, spot: float) -> float:
        """EUR/kWh."""
        return round((spot * self.factor + self.add) * (1 + self.vat), 5)


@dataclass(frozen=True, slots=True)
class SpotPrices:
    """The contract."""

    hours: Hours
    formula: Formula
    export_formula: Formula | None = None
    """None: what is fed in earns what `export` says."""
    export: Export = NO_EXPORT
    severities: tuple[float, float] | None = None
    """From these prices on, in EUR/kWh, severity is 1 and 2."""

    def slots(self, now: datetime, spots: Sequence[Spot]) -> Slots:
        """From the running price on; what nobody told of is unknown until a price is known."""
        known = [slot for slot in map(self._slot, spots) if slot.end > now and slot.start < now + AHEAD]
        today = self.hours.day_of(now)
        if not known:
            return (_unknown(self.hours.start(today), self.hours.start(today + DAYS_AHEAD * DAY)),)
        gap = (_unknown(self.hours.start(today), known[0].start),) if known[0].start > now else ()
        return merged((*gap, *known))

    def _slot(self, spot: Spot) -> Slot:
        price = self.formula.price(spot.price)
        return Slot(
            start=spot.start,
            end=spot.end,
            price=price,
            export=self._export(spot, price),
            band="spot",
            severity=sum(price >= bound for bound in self.severities or ()),
            certainty="final",
        )

    def _export(self, spot: Spot, price: float) -> float | None:
        if self.export_formula is not None:
            return self.export_formula.price(spot.price)
        return self.export.price(spot.start.astimezone(self.hours.zone).date(), price)


def _unknown(start: datetime, end: datetime) -> Slot:
    return Slot(start=start, end=end, price=None, export=None, band="spot", severity=None, certainty="unknown")


def together(known: Iterable[Spot], news: Iterable[Spot], now: datetime) -> tuple[Spot, ...]:
    """The newer of two tellings wherever they overlap; what is over is forgotten."""
    fresh = sorted(news, key=lambda spot: spot.start)
    kept = [spot for spot in known if not any(spot.start < new.end and new.start < spot.end for new in fresh)]
    whole = sorted((*kept, *fresh), key=lambda spot: spot.start)
    apart = [earlier for earlier, later in pairwise(whole) if earlier.end <= later.start] + whole[-1:]
    return tuple(spot for spot in apart if spot.end > now)


def dump(spots: Iterable[Spot]) -> JsonValue:
    """For the disk."""
    return [[round(spot.start.timestamp()), round(spot.end.timestamp()), spot.price] for spot in spots]


def load(dumped: JsonValue) -> tuple[Spot, ...]:
    """From the disk; nothing if it cannot be read."""
    try:
        rows = _ROWS.validate_python(dumped)
    except ValueError:
        return ()
    return tuple(Spot(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC), price) for a, b, price in rows)

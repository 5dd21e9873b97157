"""The timeline of prices: slots without gap or overlap, whatever the contract. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias

from common.contract.tariff import Band, Certainty
from services.tempo.hours import DAY, Hours
from services.tempo.prices import NO_EXPORT, Export, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One span of time in which energy costs the same, `[start, end)`. Prices in EUR/kWh, None if not known."""

    start: datetime
    end: datetime
    price: float | None
    export: float | None
    band: Band
    severity: int | None
    certainty: Certainty
    label: str | None = None

    @property
    def terms(self) -> tuple[object, ...]:
        """All but when."""
        return self.price, self.export, self.band, self.severity, self.certainty, self.label


Slots: TypeAlias = tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is taken to be true of one day."""

    severity: int | None
    certainty: Certainty
    label: str | None = None
    source: str | None = None


ORDINARY = Settled(severity=0, certainty="final")
"""Every day of a contract that has but one kind."""
NOT_TOLD = Settled(severity=None, certainty="unknown")
DAYS_AHEAD = 3
"""The running day and two more: 36 hours at any moment."""


@dataclass(frozen=True, slots=True)
class DayPrices:
    """A contract whose prices follow from the day and the hour: flat, HP/HC and Tempo."""

    hours: Hours
    table: Table
    export: Export = NO_EXPORT

    def slots(self, now: datetime, settle: Callable[[date], Settled]) -> Slots:
        """From the running day on."""
        today = self.hours.day_of(now)
        days = (today + number * DAY for number in range(DAYS_AHEAD))
        return merged(slot for day in days for slot in self._day(day, settle(day)))

    def _day(self, day: date, settled: Settled) -> Iterable[Slot]:
        changes = (*self.table.changes, *self.export.changes)
        for start, end in self.hours.pieces(day, changes):
            band = self._band(start)
            local = start.astimezone(self.hours.zone).date()
            price = self.table.price(local, settled.severity, band)
            yield Slot(
                start=start,
                end=end,
                price=price,
                export=self.export.price(local, price),
                band=band,
                severity=settled.severity,
                certainty=settled.certainty,
                label=settled.label,
            )

    def _band(self, at: datetime) -> Band:
        if not (self.hours.off_peak or self.hours.weekends_off_peak):
            return "flat"
        return "off_peak" if self.hours.is_off_peak(at) else "peak"


def merged(slots: Iterable[Slot]) -> Slots:
    """The same with equal neighbours made one; ends at the first gap."""
    kept: list[Slot] = []
    for slot in slots:
        if not kept:
            kept.append(slot)
        elif kept[-1].end != slot.start:
            break
        elif kept[-1].terms == slot.terms:
            kept[-1] = replace(kept[-1], end=slot.end)
        else:
            kept.append(slot)
    return tuple(kept)


def ahead(slots: Slots, now: datetime) -> Slots:
    """From the slot that an instant lies in; nothing if it lies in none."""
    here = tuple(slot for slot in slots if slot.end > now)
    return here if here and here[0].start <= now else ()


def is_news(known: Slots, slots: Slots) -> bool:
    """Whether a timeline says anything that the one before it did not; that time has passed is none."""
    return not slots or ahead(known, slots[0].start) != slots

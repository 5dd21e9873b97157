"""The contract in force, whatever its kind: what it costs from now on, and what is taken to be true of a day."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.tempo.almanac import Almanac
from services.tempo.calendar import Colour, left
from services.tempo.config import Config
from services.tempo.contracts import (
    DynamicContract,
    FormulaSettings,
    HpHcContract,
    TempoContract,
    versions,
    windows,
)
from services.tempo.hours import DAY, Hours
from services.tempo.prices import NO_EXPORT, Export, Table
from services.tempo.settling import Settling
from services.tempo.spot import Formula, SpotPrices
from services.tempo.telling import InForce, Kind
from services.tempo.timeline import ORDINARY, DayPrices, Settled, Slots


class Everyday(InForce):
    """Flat, and HP/HC: every day is like the other."""

    def __init__(self, kind: Kind, prices: DayPrices) -> None:
        self.kind, self.hours = kind, prices.hours
        self._prices = prices

    def slots(self, now: datetime) -> Slots:
        """Every day from the same table."""
        return self._prices.slots(now, lambda _: ORDINARY)


class Tempo(InForce):
    """Days of three kinds."""

    kind = "tempo"

    def __init__(self, prices: DayPrices, settling: Settling, almanac: Almanac) -> None:
        self.hours = prices.hours
        self._prices, self._settling, self._knowledge = prices, settling, almanac.knowledge

    def slots(self, now: datetime) -> Slots:
        """Each day in its colour, as far as that is known."""
        return self._prices.slots(now, lambda day: self.settled(day, now))

    def settled(self, day: date, now: datetime) -> Settled:
        """By its colour, or the worst that it may be."""
        return self._settling.settle(day, self._knowledge, now)

    def left(self, now: datetime) -> Mapping[Colour, int] | None:
        """After tomorrow, where tomorrow is known."""
        today, known = self.hours.day_of(now), self._knowledge.colours()
        return left(today + DAY if today + DAY in known else today, known)

    def is_disputed(self, now: datetime) -> bool:
        """About today or tomorrow."""
        today = self.hours.day_of(now)
        return any(self._knowledge.verdict(day).dissent for day in (today, today + DAY))

    def is_old(self, now: datetime) -> bool:
        """Published prices change twice a year."""
        return self._prices.table.is_old(self.hours.day_of(now))


class Dynamic(InForce):
    """Prices of the exchange."""

    kind = "dynamic"

    def __init__(self, prices: SpotPrices, almanac: Almanac) -> None:
        self.hours = prices.hours
        self._prices, self._almanac = prices, almanac

    def slots(self, now: datetime) -> Slots:
        """As far as the exchange has told."""
        return self._prices.slots(now, self._almanac.spots)


def hours_of(config: Config, zone: ZoneInfo) -> Hours:
    """When the contract's days begin, and its off-peak hours."""
    contract = config.contract
    if isinstance(contract, TempoContract):
        return Hours(zone, contract.day_starts, windows(contract.off_peak))
    if isinstance(contract, HpHcContract):
        return Hours(zone, off_peak=windows(contract.off_peak), weekends_off_peak=contract.weekends_off_peak)
    return Hours(zone)


def in_force(config: Config, hours: Hours, almanac: Almanac) -> InForce:
    """The contract that the file describes."""
    contract, export = config.contract, _export(config)
    if isinstance(contract, DynamicContract):
        return Dynamic(_spot_prices(contract, hours, export), almanac)
    if isinstance(contract, TempoContract):
        settling = Settling(hours, contract.red_season(), contract.assume_at)
        return Tempo(DayPrices(hours, contract.table(), export), settling, almanac)
    return Everyday(contract.kind, DayPrices(hours, Table(versions(contract.prices)), export))


def _spot_prices(contract: DynamicContract, hours: Hours, export: Export) -> SpotPrices:
    earned = contract.export_formula
    return SpotPrices(
        hours,
        _formula(contract.formula),
        None if earned is None else _formula(earned),
        export,
        contract.dear_from_eur_per_kwh,
    )


def _formula(settings: FormulaSettings) -> Formula:
    return Formula(settings.factor, settings.add_eur_per_kwh, settings.vat_pct / 100)


def _export(config: Config) -> Export:
    if config.export is None:
        return NO_EXPORT
    prices = config.export.prices
    return Export(Table(versions(prices)) if prices else None, config.export.as_import)

"""What an owner may say of the contract: its kind, hours and prices, each kind with what it needs."""

from collections.abc import Iterable
from datetime import date, time
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import Field, TypeAdapter, model_validator

from common.config import Settings
from common.contract.tariff import EurPerKwh
from services.tempo.calendar import Colour, RedSeason
from services.tempo.exchange import DayAheadSettings
from services.tempo.hours import Window
from services.tempo.prices import Prices, Table, Version

SHIPPED: Final = Path(__file__).with_name("prices.yaml")
RetailPrice = Annotated[float, Field(gt=0, lt=2)]
WindowText = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


class FlatPrice(Settings):
    """One price, from a date on."""

    valid_from: date = Field(default=date(2000, 1, 1), examples=["2026-08-01"])
    eur_per_kwh: EurPerKwh = Field(examples=[0.2001])

    def prices(self) -> Prices:
        """By severity and band."""
        return {(0, "flat"): self.eur_per_kwh}


class HpHcPrice(Settings):
    """Peak and off-peak, from a date on."""

    valid_from: date = Field(default=date(2000, 1, 1), examples=["2026-08-01"])
    hp: RetailPrice = Field(examples=[0.2142])
    """EUR/kWh in peak hours."""
    hc: RetailPrice = Field(examples=[0.1589])
    """EUR/kWh in off-peak hours."""

    def prices(self) -> Prices:
        """By severity and band."""
        return {(0, "peak"): self.hp, (0, "off_peak"): self.hc}


class TempoPrice(Settings):
    """The six prices of Tempo, from a date on, in EUR/kWh."""

    valid_from: date = Field(examples=["2026-08-01"])
    blue_hc: RetailPrice = Field(examples=[0.1356])
    blue_hp: RetailPrice = Field(examples=[0.1654])
    white_hc: RetailPrice = Field(examples=[0.1536])
    white_hp: RetailPrice = Field(examples=[0.1921])
    red_hc: RetailPrice = Field(examples=[0.1615])
    red_hp: RetailPrice = Field(examples=[0.7295])

    def prices(self) -> Prices:
        """By severity and band."""
        off_peak = {Colour.BLUE: self.blue_hc, Colour.WHITE: self.white_hc, Colour.RED: self.red_hc}
        peak = {Colour.BLUE: self.blue_hp, Colour.WHITE: self.white_hp, Colour.RED: self.red_hp}
        dear: Prices = {(int(colour), "peak"): price for colour, price in peak.items()}
        return {**dear, **{(int(colour), "off_peak"): price for colour, price in off_peak.items()}}

    @model_validator(mode="after")
    def _off_peak_is_cheaper(self) -> Self:
        for colour in Colour:
            if self.prices()[colour, "off_peak"] >= self.prices()[colour, "peak"]:
                raise ValueError(f"{colour.label}_hc is not below {colour.label}_hp; are they exchanged?")
        return self


_SHIPPED: Final = TypeAdapter(dict[Literal["tempo"], tuple[TempoPrice, ...]])


class FlatContract(Settings):
    """One price at all hours."""

    kind: Literal["flat"]
    prices: tuple[FlatPrice, ...] = Field(min_length=1, examples=[[{"eur_per_kwh": 0.2001}]])


class HpHcContract(Settings):
    """Peak and off-peak hours, the same every day."""

    kind: Literal["hphc"]
    off_peak: tuple[WindowText, ...] = Field(min_length=1, max_length=8, examples=[["22:30-06:30"]])
    """Local time."""
    weekends_off_peak: bool = Field(default=False, examples=[True])
    prices: tuple[HpHcPrice, ...] = Field(min_length=1, examples=[[{"hp": 0.2142, "hc": 0.1589}]])


class TempoContract(Settings):
    """EDF Tempo, and whatever is made like it."""

    kind: Literal["tempo"]
    prices: tuple[TempoPrice, ...] = Field(default=(), examples=[[{"valid_from": "2026-08-01"}]])
    """Absent: the published ones that come with Ballast."""
    day_starts: time = Field(default=time(6), examples=["06:00"])
    """Local time at which a colour begins."""
    off_peak: tuple[WindowText, ...] = Field(default=("22:00-06:00",), min_length=1, max_length=8)
    red_from: MonthDay = Field(default="11-01", examples=["11-01"])
    """First day of the season in which a day may be red, as month-day."""
    red_until: MonthDay = Field(default="03-31", examples=["03-31"])
    """Its last day."""
    assume_at: time = Field(default=time(21, 30), examples=["21:30"])
    """A next day whose colour is not known by this hour of the evening is taken as the worst that it may be."""

    def table(self) -> Table:
        """The prices that hold: the owner's, else those that are shipped."""
        return Table(versions(self.prices or shipped()))

    def red_season(self) -> RedSeason:
        """When a day may be red."""
        return RedSeason(_month_day(self.red_from), _month_day(self.red_until))

    @model_validator(mode="after")
    def _day_begins_in_daylight(self) -> Self:
        if self.day_starts >= self.assume_at:
            raise ValueError("assume_at is an evening hour: it lies after day_starts")
        return self


class FormulaSettings(Settings):
    """From the exchange's price to yours: (spot × factor + add) × (1 + vat)."""

    factor: float = Field(default=1.0, ge=-10, le=10, examples=[1.0])
    add_eur_per_kwh: EurPerKwh = Field(default=0.0, examples=[0.095])
    """Supplier's margin, grid and energy taxes."""
    vat_pct: float = Field(default=0.0, ge=0, le=100, examples=[20])


class DynamicContract(Settings):
    """Prices of the exchange, a day ahead."""

    kind: Literal["dynamic"]
    day_ahead: DayAheadSettings
    formula: FormulaSettings = FormulaSettings()
    export_formula: FormulaSettings | None = None
    """What feeding in earns, where that follows the exchange as well; else see `export`."""
    dear_from_eur_per_kwh: tuple[EurPerKwh, EurPerKwh] | None = Field(default=None, examples=[[0.30, 0.45]])
    """From these prices on the severity is 1 and 2."""


ContractSettings = Annotated[FlatContract | HpHcContract | TempoContract | DynamicContract, Field(discriminator="kind")]


def windows(texts: Iterable[str]) -> tuple[Window, ...]:
    """`22:00-06:00` as hours."""
    return tuple(Window(*map(time.fromisoformat, text.split("-"))) for text in texts)


def versions(told: Iterable[FlatPrice | HpHcPrice | TempoPrice]) -> tuple[Version, ...]:
    """Prices of the file as versions."""
    return tuple(Version(each.valid_from, each.prices()) for each in told)


def shipped() -> tuple[TempoPrice, ...]:
    """The published Tempo prices."""
    return _SHIPPED.validate_python(yaml.safe_load(SHIPPED.read_text()))["tempo"]


def _month_day(text: str) -> tuple[int, int]:
    month, _, day = text.partition("-")
    return int(month), int(day)

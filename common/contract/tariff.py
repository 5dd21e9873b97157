"""What energy costs, now and ahead. Nobody decides by a colour: bands and severity say it; a label is for people."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from common.contract.envelope import Label, Payload, PowerW, Sentence, TimestampMs, Whole, Word

EurPerKwh = Annotated[float, Field(ge=-10, le=10)]
Band = Literal["flat", "peak", "off_peak", "spot"]
Severity = Annotated[Literal[0, 1, 2], Whole]
"""0: an ordinary day; 1: a dear one; 2: one to get through without the grid. Of a day, in peak and off-peak hours."""
Certainty = Literal["final", "provisional", "assumed", "unknown"]
"""`final`: published, and binding. `provisional`: published, may change. `assumed`: nobody said so, it is the worst
that the contract allows. `unknown`: nothing is said, and price and severity are null."""
Days = Annotated[int, Field(ge=0, le=366)]


class TariffSlot(Payload):
    """One span of time in which energy costs the same."""

    start_ms: TimestampMs
    end_ms: TimestampMs
    """The first moment that no longer belongs to it."""
    price_eur_per_kwh: EurPerKwh | None = None
    """What a kWh drawn costs, everything included; null if that is not known."""
    export_eur_per_kwh: EurPerKwh | None = None
    """What a kWh fed in earns; null if that is not known."""
    band: Band
    severity: Severity | None = None
    certainty: Certainty
    label: Label | None = None
    """The day's colour, for people only."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise ValueError("a slot ends after it starts")
        return self


class TariffState(Payload):
    """The price of energy: the present slot in plain fields, the next tariff day, and the timeline of slots."""

    contract: Literal["flat", "hphc", "tempo", "dynamic"]
    revision: Annotated[int, Field(ge=0)]
    """Counts each change of the timeline, over restarts; the passing of time is none."""
    price_eur_per_kwh: EurPerKwh | None = None
    """Of the present slot, as are the next five."""
    export_eur_per_kwh: EurPerKwh | None = None
    band: Band
    severity: Severity | None = None
    certainty: Certainty
    label: Label | None = None
    until_ms: TimestampMs
    """End of the present slot: the values above hold until then."""
    source: Word | None = None
    """Who told of the present day; null if nobody did."""
    tomorrow_starts_ms: TimestampMs
    """When the next tariff day begins; Tempo's at 06:00."""
    tomorrow_severity: Severity | None = None
    """The highest of the next tariff day; null while it is not known."""
    tomorrow_certainty: Certainty
    tomorrow_label: Label | None = None
    tomorrow_source: Word | None = None
    disputed: bool = False
    """Sources contradict each other; until they agree the dearer word counts, and for the running day the meter's."""
    days_left_0: Days | None = None
    """Days of each severity left in the season after the last known one; null if that is not known, or not limited."""
    days_left_1: Days | None = None
    days_left_2: Days | None = None
    peak_eur_per_kw_year: Annotated[float, Field(ge=0, le=10_000)] | None = None
    """What each kW of the month's highest mean power costs; null: the contract has no such part."""
    peak_floor_w: PowerW | None = None
    """A month's peak counts as at least this."""
    peak_window_s: Annotated[int, Field(ge=60, le=3600)] | None = None
    """Over which power is averaged for it, on the clock."""
    valid_until_ms: TimestampMs
    """End of the last slot."""
    slots: Annotated[tuple[TariffSlot, ...], Field(max_length=400)]
    """Ascending, without gap or overlap, from the present one on."""


class TariffEvent(Payload):
    """Something new about a day's price. Said once, also over restarts."""

    day: Annotated[str, Field(max_length=10)]
    """The tariff day it is about, by the local date on which it begins: `2026-01-06`."""
    starts_ms: TimestampMs
    severity: Severity
    previous_severity: Severity | None = None
    """Of the day before; null if that is not known."""
    certainty: Certainty
    label: Label | None = None
    previous_label: Label | None = None
    sentence: Sentence
    """For people."""

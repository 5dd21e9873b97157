"""The newest that was heard of prices, forecasts and devices, each with its time. Old news is no news."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, NamedTuple, TypeVar

from common.contract import BatteryState, Forecast, MeterState, TariffSlot, TariffState, Terms

T = TypeVar("T")
MAIN: Final = "main"
"""The house's own place among the plans; no device is called so."""
TERMS_S: Final = 180.0
"""The balancer tells them each minute."""
STATE_S: Final = 180.0
FORECAST_S: Final = 6 * 3600.0
"""It is made each quarter hour; one that is older was made by somebody who has gone."""
PAST_MS: Final = 48 * 3_600_000
"""Prices that are over are remembered for so long: they say something about those that are not published yet."""
UNUSABLE: Final = ("stale", "bad")


class Dated(NamedTuple, Generic[T]):
    """Something heard."""

    body: T
    at_ms: int

    def is_fresh(self, now_ms: int, most_s: float) -> bool:
        """Whether it is no older than that."""
        return now_ms - self.at_ms <= most_s * 1000


@dataclass(slots=True)
class Heard:
    """All of it, by id."""

    tariff: TariffState | None = None
    past: tuple[TariffSlot, ...] = ()
    """Prices that were in force, ascending."""
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    terms: dict[str, Dated[Terms]] = field(default_factory=dict)
    batteries: dict[str, Dated[BatteryState]] = field(default_factory=dict)
    meter: Dated[MeterState] | None = None

    def price(self, tariff: TariffState) -> None:
        """A new timeline of prices."""
        begins_ms = tariff.slots[0].start_ms if tariff.slots else tariff.until_ms
        over = [*self.past, *(self.tariff.slots if self.tariff else ())]
        kept = {
            slot.start_ms: slot.model_copy(update={"end_ms": min(slot.end_ms, begins_ms)})
            for slot in over
            if begins_ms - PAST_MS < slot.start_ms < begins_ms
        }
        self.past, self.tariff = tuple(kept[start_ms] for start_ms in sorted(kept)), tariff

    def present(self, now_ms: int) -> Iterator[tuple[str, Terms]]:
        """The devices that take part."""
        for name, told in sorted(self.terms.items()):
            if told.is_fresh(now_ms, TERMS_S):
                yield name, told.body

    def soc_pct(self, battery: str, now_ms: int) -> float | None:
        """Its state of charge; None if that is not known now."""
        told = self.batteries.get(battery)
        if told is None or not told.is_fresh(now_ms, STATE_S) or told.body.quality in UNUSABLE:
            return None
        return told.body.soc_pct

    def stored_wh(self, battery: str, now_ms: int) -> float | None:
        """What it holds; None if charge or size is not known."""
        soc_pct, told = self.soc_pct(battery, now_ms), self.terms.get(battery)
        if soc_pct is None or told is None or not told.body.capacity_wh:
            return None
        return told.body.capacity_wh * soc_pct / 100

    def month_peak_w(self, now_ms: int) -> float | None:
        """The month's dearest quarter hour so far; None if the meter does not tell it."""
        if self.meter is None or not self.meter.is_fresh(now_ms, STATE_S) or self.meter.body.quality in UNUSABLE:
            return None
        return self.meter.body.month_peak_w

    def forecast(self, kind: str, now_ms: int) -> Forecast | None:
        """The newest of its kind; None if there is none that may be believed."""
        told = self.forecasts.get(kind)
        return told if told is not None and now_ms - told.issued_ms <= FORECAST_S * 1000 else None

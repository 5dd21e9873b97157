"""How full the batteries shall be before dear hours: by the severity of the coming day, never by its colour.

The charge target follows the coming day as soon as somebody tells it, least charge and BatteryLife when the off-peak
hours before it begin. A day that nobody tells of is never taken for a cheap one: in peak hours the last values stay,
and from the off-peak hours on it counts as the dearest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from common.contract import TariffSlot

OFF_PEAK = "off_peak"
AGAIN_PCT = 5.0
"""A battery that has reached its target is charged again when it is so far below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """What a battery shall hold."""

    charge_target_pct: float
    """Charged to this in off-peak hours."""
    min_soc_pct: float
    """Not discharged below this."""
    battery_life: bool
    """It may raise its own floor after days without a full charge."""


Table = tuple[Reserve, Reserve, Reserve]
"""By severity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the tariff says of now and of the day to come."""

    is_told: bool
    """The timeline reaches to now; else nothing below is known."""
    off_peak: bool = False
    today: int | None = None
    """Severity of the peak hours that run; None in off-peak hours, or if nobody tells."""
    coming: int | None = None
    """Severity of the peak hours that follow the running or the next off-peak hours; None if nobody tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What holds now."""

    reserve: Reserve
    seen: Outlook

    @property
    def fills(self) -> bool:
        """It is time to charge to the target, and to keep what is stored for dearer hours."""
        return self.seen.off_peak

    @property
    def is_guessed(self) -> bool:
        """The coming day counts as the dearest, because nobody tells of it."""
        return not self.seen.is_told or (self.seen.off_peak and self.seen.coming is None)

    def is_dear(self, from_severity: int) -> bool | None:
        """Whether peak hours of that severity or a higher one run; hours nobody tells of count as the dearest.

        None: the timeline does not reach to now, so nobody knows whether these are peak hours.
        """
        if not self.seen.is_told:
            return None
        return not self.seen.off_peak and (self.seen.today is None or self.seen.today >= from_severity)


def outlook(slots: Sequence[TariffSlot], now_ms: int) -> Outlook:
    """Read the timeline from `now_ms` on."""
    ahead = [slot for slot in slots if slot.end_ms > now_ms]
    if not ahead or ahead[0].start_ms > now_ms:
        return Outlook(is_told=False)
    spans = [(off_peak, _severity(list(span))) for off_peak, span in groupby(ahead, lambda s: s.band == OFF_PEAK)]
    off_peak, severity = spans[0]
    if off_peak:
        return Outlook(is_told=True, off_peak=True, coming=_of(spans, 1))
    return Outlook(is_told=True, today=severity, coming=_of(spans, 2))


def _of(spans: Sequence[tuple[bool, int | None]], number: int) -> int | None:
    return spans[number][1] if number < len(spans) else None


def _severity(span: Sequence[TariffSlot]) -> int | None:
    """The highest of a span; None if a part of it is not told."""
    told = [slot.severity for slot in span if slot.severity is not None]
    return max(told) if len(told) == len(span) else None


def course(seen: Outlook, table: Table, before: Reserve | None) -> Course:
    """What holds now. `before`: what held until now, if anything did."""
    return Course(reserve=_reserve(seen, table, before or table[-1]), seen=seen)


def _reserve(seen: Outlook, table: Table, held: Reserve) -> Reserve:
    dearest = table[-1]
    if not seen.is_told:
        return replace(held, charge_target_pct=max(held.charge_target_pct, dearest.charge_target_pct))
    if seen.off_peak:
        return dearest if seen.coming is None else table[seen.coming]
    today = held if seen.today is None else table[seen.today]
    ahead = held if seen.coming is None else table[seen.coming]
    return replace(today, charge_target_pct=ahead.charge_target_pct)


def is_filling(soc_pct: float | None, target_pct: float, reached_pct: float | None) -> bool:
    """Whether a battery is to be charged to its target. `reached_pct`: the target it has reached in these hours.

    One that does not tell its charge is not: nobody would know when to stop.
    """
    if soc_pct is None:
        return False
    return soc_pct < (target_pct if reached_pct != target_pct else target_pct - AGAIN_PCT)

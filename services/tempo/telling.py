"""What is said on MQTT about prices, in the contract's words. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Final, Literal

from common.contract import TariffEvent, TariffSlot, TariffState
from common.contract.tariff import Certainty
from services.tempo.calendar import Colour
from services.tempo.config import CapacitySettings
from services.tempo.hours import DAY, Hours
from services.tempo.timeline import NOT_TOLD, Settled, Slot, Slots

DOUBT: Final[tuple[Certainty, ...]] = ("final", "provisional", "assumed", "unknown")
"""From sure to not known."""
NAMES: Final = ("ordinary", "dear", "very dear")
"""Of severities, where a day has no label."""


Kind = Literal["flat", "hphc", "tempo", "dynamic"]


class InForce(ABC):
    """A contract, as far as it is told of. Unless it says otherwise its days are all alike."""

    kind: Kind
    hours: Hours

    @abstractmethod
    def slots(self, now: datetime) -> Slots:
        """The timeline from the running day or price on."""

    def settled(self, day: date, now: datetime) -> Settled | None:
        """What is taken to be true of a day; None where days are all alike."""
        return None

    def left(self, now: datetime) -> Mapping[Colour, int] | None:
        """Days of each severity that the season still holds after the last known one."""
        return None

    def is_disputed(self, now: datetime) -> bool:
        """Whether sources contradict each other."""
        return False

    def is_old(self, now: datetime) -> bool:
        """Whether its prices have been overtaken."""
        return False


def state(
    contract: InForce, slots: Slots, now: datetime, revision: int, capacity: CapacitySettings | None
) -> TariffState:
    """Everything. `slots` begin with the present one."""
    present, today = slots[0], contract.hours.day_of(now)
    tomorrow = next_day(slots, contract.hours, now)
    told, coming = contract.settled(today, now), contract.settled(today + DAY, now)
    days_left = contract.left(now) or {}
    return TariffState.model_validate(
        {
            "contract": contract.kind,
            "revision": revision,
            **_fields(present),
            "until_ms": _ms(present.end),
            "source": told.source if told else None,
            "tomorrow_starts_ms": _ms(contract.hours.start(today + DAY)),
            "tomorrow_severity": tomorrow.severity,
            "tomorrow_certainty": tomorrow.certainty,
            "tomorrow_label": tomorrow.label,
            "tomorrow_source": coming.source if coming else None,
            "disputed": contract.is_disputed(now),
            **{f"days_left_{int(colour)}": days_left.get(colour) for colour in Colour},
            "peak_eur_per_kw_year": capacity.eur_per_kw_year if capacity else None,
            "peak_floor_w": capacity.floor_w if capacity else None,
            "peak_window_s": capacity.window_s if capacity else None,
            "valid_until_ms": _ms(slots[-1].end),
            "slots": tuple(_slot(slot) for slot in slots),
        }
    )


def next_day(slots: Slots, hours: Hours, now: datetime) -> Settled:
    """The next tariff day as the timeline has it; unknown unless all of it is told."""
    day = hours.day_of(now) + DAY
    start, end = hours.start(day), hours.start(day + DAY)
    within = [slot for slot in slots if slot.end > start and slot.start < end]
    severities = [slot.severity for slot in within if slot.severity is not None]
    if slots[-1].end < end or not severities or len(severities) < len(within):
        return NOT_TOLD
    certainty = max((slot.certainty for slot in within), key=DOUBT.index)
    labels = {slot.label for slot in within}
    label = labels.pop() if len(labels) == 1 else None
    return Settled(severity=max(severities), certainty=certainty, label=label)


def event(day: date, settled: Settled, previous: Settled, hours: Hours, now: datetime) -> TariffEvent:
    """The news about a day. Raises ValueError for one of which nothing is known."""
    return TariffEvent.model_validate(
        {
            "day": day.isoformat(),
            "starts_ms": _ms(hours.start(day)),
            "severity": settled.severity,
            "previous_severity": previous.severity,
            "certainty": settled.certainty,
            "label": settled.label,
            "previous_label": previous.label,
            "sentence": sentence(day, settled, hours, now),
        }
    )


def sentence(day: date, settled: Settled, hours: Hours, now: datetime) -> str:
    """The news about a day, for people."""
    when = "Today" if day == hours.day_of(now) else "Tomorrow"
    what = settled.label or NAMES[settled.severity or 0]
    told = f"{when}, {day:%A} {day.day} {day:%B}"
    if settled.certainty == "assumed":
        return f"{told}: nobody tells the price; it is taken to be {what}."
    return f"{told}, {'will probably be' if settled.certainty == 'provisional' else 'is'} {what}."


@lru_cache(maxsize=512)
def _slot(slot: Slot) -> TariffSlot:
    return TariffSlot.model_validate({"start_ms": _ms(slot.start), "end_ms": _ms(slot.end), **_fields(slot)})


def _fields(slot: Slot) -> dict[str, object]:
    return {
        "price_eur_per_kwh": slot.price,
        "export_eur_per_kwh": slot.export,
        "band": slot.band,
        "severity": slot.severity,
        "certainty": slot.certainty,
        "label": slot.label,
    }


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)

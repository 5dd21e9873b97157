"""What decides about a load before any room is shared out: the owner's hand, its minimum times, its day."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Want = Literal["surplus", "needed", "thermostat", "always"]


class Duty(NamedTuple):
    """What a load must do; None: the room decides."""

    must: bool | None
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is to be known about one load now."""

    want: Want
    on: bool
    held_s: float
    """How long it has been on or off."""
    min_on_s: float
    min_off_s: float
    forced: bool | None = None
    """The owner asked for on or off, for a while."""
    by_hand: bool = False
    """Somebody switched it on at the device itself."""
    is_satisfied: bool = False
    """It has what it needs today, or takes nothing more."""
    in_slot: bool = False
    """The schedule lets it run now, from wherever the power comes."""
    planned: bool | None = None
    """A plan has it run now, or wait; None: nothing is planned for it."""
    overcharge: bool = False
    """It may go on with what would be exported."""
    is_doubted: bool = False
    """It may have stopped by itself: it is switched off for a moment, and the house's meter tells."""
    stays_cold: bool = False
    """A water heater that took too little up: it gets what it lacks, from wherever the power comes."""
    contactor: bool | None = None
    """A water heater on the contactor of a day and night tariff: closed or open; None: it is on none."""
    is_resting: bool = False
    """Its owner has put it to rest."""
    asked: bool | None = None
    """What the thermostat it follows wants; None: not known."""


def duty(facts: Facts) -> Duty:
    """Asked from the strongest reason to the weakest. The owner's word beats minimum times; nothing else does."""
    if facts.forced is not None:
        return Duty(facts.forced, "forced_on" if facts.forced else "forced_off")
    wanted, least_s = _wanted(facts), facts.min_on_s if facts.on else facts.min_off_s
    if facts.held_s >= least_s or wanted.must == facts.on:
        return wanted
    return Duty(facts.on, "min_on" if facts.on else "min_off")


def _wanted(facts: Facts) -> Duty:
    if facts.want == "always":
        return Duty(True, "always")
    if facts.want == "thermostat":
        return _asked(facts)
    if facts.is_resting:
        return Duty(False, "put_to_rest")
    if facts.is_satisfied:
        return Duty(None, "overcharge") if facts.overcharge else Duty(False, "satisfied")
    reasons = (
        (facts.by_hand, Duty(True, "by_hand")),
        (facts.is_doubted, Duty(False, "tested")),
        (facts.contactor is not None, Duty(facts.contactor, "low_tariff" if facts.contactor else "high_tariff")),
        (facts.stays_cold, Duty(True, "hot_water")),
        (facts.planned is not None, Duty(facts.planned, "planned" if facts.planned else "planned_later")),
        (facts.want == "needed" and facts.in_slot, Duty(True, "slot")),
    )
    return next((duty for applies, duty in reasons if applies), Duty(None, "surplus"))


def _asked(facts: Facts) -> Duty:
    """Its thermostat has the word, or a hand at the device. A word that nobody has heard lately is none: it is off."""
    if facts.by_hand:
        return Duty(True, "by_hand")
    return Duty(bool(facts.asked), "no_word" if facts.asked is None else "asked" if facts.asked else "not_asked")

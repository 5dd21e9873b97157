"""What the day should look like, and what yesterday came to. Powers consume when positive; the grid imports."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from common.contract.envelope import EnergyWh, Payload, Percent, PowerW, Sentence, TimestampMs
from common.contract.tariff import EurPerKwh

Euros = Annotated[float, Field(ge=-1_000_000, le=1_000_000)]
Value = Annotated[float, Field(ge=-1000, le=1000)]
"""EUR/kWh. A need that cannot be met, or a limit that is missed, makes it far higher than any price."""
SLOTS = 200


class PlanSlot(Payload):
    """One span of time."""

    start_ms: TimestampMs
    end_ms: TimestampMs
    """The first moment that no longer belongs to it."""
    intent: Literal["balance", "hold", "charge", "discharge", "run", "wait"] | None = None
    """What a device should do; null for the house. `balance`: keep the grid near zero. `hold`: give nothing, or take
    nothing, because it is worth more later. `charge`, `discharge`: at least this power, with the grid if need be."""
    power_w: PowerW
    """Expected of the device; of the house: what its meter is expected to show."""
    cost_eur: Euros | None = None
    """Of the house: import minus what is received for export."""
    price_eur_per_kwh: Value | None = None
    """Of the house: what one more kWh drawn in it would cost, wherever it comes from (shadow price)."""
    value_eur_per_kwh: Value | None = None
    """Of the house: what one more kWh, stored at its end, is worth; null without a battery."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise ValueError("a slot ends after it starts")
        return self


class PlanState(Payload):
    """The plan of the house (`main`), or of one device."""

    issued_ms: TimestampMs
    """When it was made."""
    valid_until_ms: TimestampMs
    """From then on there is no plan, unless a new one has come."""
    sentence: Sentence
    slots: Annotated[tuple[PlanSlot, ...], Field(max_length=SLOTS)]
    """Ascending, without gap or overlap, from the running one on; of a device neighbours with one intent are one."""
    later_eur_per_kwh: Value | None = None
    """A load that may pause: the cheapest that it leaves for later; null: it runs and waits as its slots say."""
    peak_w: PowerW | None = None
    """Of the house: the highest quarter hour that the month may come to; null where that costs nothing."""
    expected_export_eur_per_kwh: EurPerKwh | None = None
    """Of the house: what it takes a kWh fed in now to earn."""
    expected_cost_eur: Euros | None = None
    """Of the house, over all slots, as are the next two."""
    expected_import_wh: EnergyWh | None = None
    expected_export_wh: EnergyWh | None = None


class PlanScore(Payload):
    """What a day came to, beside what it could have: with loads as they ran, and the batteries doing something else.

    What the batteries hold in the end more or less than in the beginning is counted at what it saves in cheap hours.
    """

    day: Annotated[str, Field(max_length=10)]
    """Its local date: `2026-04-18`."""
    cost_eur: Euros
    """What the day came to."""
    none_eur: Euros
    """… with the batteries standing still,"""
    rule_eur: Euros
    """… keeping the grid at zero by plain self-consumption,"""
    oracle_eur: Euros
    """… and with everything known beforehand: no policy can do better."""
    share_pct: Annotated[float, Field(ge=-100_000, le=100_000)] | None = None
    """Part of what perfect foresight saves that was saved; null on a day without anything to save."""
    rule_share_pct: Annotated[float, Field(ge=-100_000, le=100_000)] | None = None
    """The same of plain self-consumption."""
    covered_pct: Percent
    """Part of the day that was measured; the rest is left out of all figures alike."""
    sentence: Sentence

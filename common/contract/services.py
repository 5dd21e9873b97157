"""What services say about themselves and about their decisions."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from common.contract.devices import Epoch
from common.contract.envelope import EnergyWh, Id, Payload, Percent, PowerW, Quality, Sentence, TimestampMs, Word

Ageing = Annotated[int, Field(ge=0)]
"""Age of an input at the moment of the decision, in ms."""


class ServiceHealth(Payload):
    """Heartbeat of a service, each 10 s."""

    version: Word
    uptime_s: Annotated[float, Field(ge=0)]
    reconnects: Annotated[int, Field(ge=0)]
    """Times the broker was lost since start."""
    queue: Annotated[int, Field(ge=0)]
    """Messages waiting to be sent or handled."""
    rejected: Annotated[int, Field(ge=0)]
    """Messages dropped because they could not be used, since start."""
    last_error: Sentence | None = None


class BalancerLease(Payload):
    """Who may command: renewed each 5 s by the one leader."""

    epoch: Epoch
    instance: Word
    """Random id of the balancer's own store: it recognises itself after a restart."""


class BalancerState(Payload):
    """The house as the balancer saw it at its last decision, and what it means to do."""

    mode: Literal["auto", "manual", "off"]
    dry_run: bool = False
    grid_w: PowerW | None = None
    """The reading decided on."""
    rest_w: PowerW | None = None
    """What the house would draw without flexible devices, as far as the evidence says."""
    room_w: PowerW | None = None
    """> 0: power to place; < 0: power to find."""
    target_grid_w: PowerW = 0.0
    devices_w: PowerW | None = None
    """Sum of the set-points decided on."""
    loads_w: PowerW | None = None
    """What switched loads draw once this decision is carried out; null if there are none."""
    car_w: PowerW | None = None
    """Advice for a car without `power` capability."""
    grid_meter: Id | None = None
    """The meter decided by; null while none is fit."""
    grid_ts_ms: TimestampMs | None = None
    """Time stamp of that reading."""
    missing: Sentence = ""
    """Inputs that are wanted and too old or absent, as `device (why), …`."""
    sentence: Sentence
    """What is going on, for people."""


class Decision(Payload):
    """What one device should do, why, and what bound it."""

    target_w: PowerW | None = None
    """null: the device is left alone."""
    mode: Word | None = None
    rule: Word
    """The rule that gave the target."""
    bound_by: Word | None = None
    """The rule or limit that kept the target from what the rule wanted."""
    reason: Sentence
    """One sentence for people."""
    power_w: PowerW | None = None
    """What the device is believed to do now."""
    soc_pct: Percent | None = None
    share_24h_pct: Percent | None = None
    """An output that takes turns: part of the last 24 h that it was on."""
    input_age_ms: Ageing | None = None
    """Age of the device's own measurement; null if there is none."""
    charge_target_pct: Percent | None = None
    """A battery that prepares for dear days: charged to this before the coming one …"""
    min_soc_pct: Percent | None = None
    """… and not discharged below this."""
    taken_wh: EnergyWh | None = None
    """A load: what it has taken up since its day began."""


class Terms(Payload):
    """What a device may do and what it needs, by its own limits and its owner's wishes: for whoever plans."""

    kind: Literal["battery", "load"]
    min_w: PowerW | None = None
    """A battery: what it may be told, + charge, as is the next."""
    max_w: PowerW | None = None
    capacity_wh: EnergyWh | None = None
    round_trip_pct: Percent | None = None
    reserve_soc_pct: Percent | None = None
    ceiling_soc_pct: Percent | None = None
    power_w: PowerW | None = None
    """A load: what it draws when it works."""
    is_needed: bool = False
    """A load: it must have its fill; else it runs only where there is surplus."""
    need_wh: EnergyWh | None = None
    """A load: what it still wants by `ready_by_ms`."""
    ready_by_ms: TimestampMs | None = None
    daily_wh: EnergyWh | None = None
    """A load: what it wants each day; null if that is not known."""
    min_on_s: Annotated[float, Field(ge=0, le=86_400)] | None = None
    """A load: once on, it stays on for so long."""


Flags = Annotated[str, Field(max_length=24)]
"""A 0 or 1 for each member, in their order."""


class GroupState(Payload):
    """A group whose outputs take turns: who asks, who has the turn, and how many may."""

    dry_run: bool = False
    away: bool = False
    mode: Annotated[int, Field(ge=0, le=9)] | None = None
    """Entry of its table that holds; null without a table."""
    limit: Annotated[int, Field(ge=0, le=64)] | None = None
    """How many may be on; null without such a limit."""
    budget_w: PowerW | None = None
    """What they may draw together; of several phases the tightest. Null without such a limit."""
    others_w: PowerW | None = None
    """What the rest of the house is taken to draw there."""
    members: Annotated[str, Field(max_length=320)]
    """Its outputs, each once, separated by commas."""
    requested: Flags
    boosted: Flags
    live: Flags
    """Who has the turn."""
    active: Annotated[int, Field(ge=0, le=64)]
    """How many are on, or not confirmed to be off."""
    index: Annotated[int, Field(ge=0, le=64)]
    """Place in `members` where the next turn begins among equals, from 0."""
    sentence: Sentence


class ForecastSlot(Payload):
    """Mean power of one span of time. A load consumes, pv produces: both ≥ 0."""

    start_ms: TimestampMs
    end_ms: TimestampMs
    """The first moment that no longer belongs to it."""
    p10_w: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    """Below this in one case of ten."""
    p50_w: Annotated[float, Field(ge=0, le=1_000_000)]
    """As likely above as below."""
    p90_w: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    """Above this in one case of ten."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise ValueError("a slot ends after it starts")
        return self


class Forecast(Payload):
    """What is expected of the sun (`pv`) or of the house without flexible devices (`load`)."""

    issued_ms: TimestampMs
    """When it was made."""
    slots: Annotated[tuple[ForecastSlot, ...], Field(max_length=400)]
    """Ascending, without overlap."""
    quality: Quality = "good"
    """`estimated`: made without fresh weather, or without a history of the house."""

"""What bridges say about devices, and what the balancer may ask of them.

Signs, everywhere: positive consumes. Grid: + import, − export. Battery: + charge, − discharge.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from common.contract.envelope import (
    EnergyWh,
    Id,
    Label,
    Payload,
    Percent,
    Place,
    PowerW,
    Quality,
    Sentence,
    TimestampMs,
    Whole,
    Word,
)

Capability = Literal["switch", "power", "mode", "reserve"]
Mode = Literal[
    "self_consumption", "charge_only", "discharge_only", "standby", "charge_full", "comfort", "eco", "frost_free", "off"
]
"""What a `mode`-capable device can be told; ours, never a vendor's."""
SafeState = Literal["self_consumption", "idle", "off", "on", "keep", "minimum"]
Action = Literal["set_power", "set_mode", "switch", "set_reserve", "release"]
Outcome = Literal[
    "accepted", "applied", "partial", "failed", "timeout", "superseded", "expired", "duplicate", "rejected"
]
Reason = Literal["retained", "invalid", "ttl", "fenced", "epoch", "out_of_order", "future", "expired"]
"""Why a command was rejected: the acceptance rule that said no."""
Authority = Literal["leased", "autonomous", "safe", "manual", "offline"]
Epoch = Annotated[int, Field(ge=0, le=10**14)]


_MEASURED = ("power_w", "water_m3", "gas_m3", "heat_gj")
"""A meter tells at least one of these."""


def _ladder(levels_w: tuple[float, ...]) -> tuple[float, ...]:
    """Ascending, with 0 among them: rest can always be ordered."""
    return tuple(sorted({0.0, *levels_w})) if levels_w else ()


class DeviceInfo(Payload):
    """Static facts about a device, flat. The balancer knows these capabilities, never a brand."""

    vendor: Label
    model: Label
    firmware: Label | None = None
    phase: Annotated[Literal[1, 2, 3], Whole] | None = None
    """The phase a one-phase device hangs on; null if unknown or on all three."""
    poll_s: Annotated[float, Field(gt=0, le=3600)]
    """The period at which the device is really read."""
    stale_after_s: Annotated[float, Field(gt=0, le=7200)]
    """Age of `ts_ms` at which a state may no longer be used."""
    safe_state: SafeState | None = None
    """Where the device goes by itself when its lease ends; null for what takes no orders."""
    capabilities: Annotated[tuple[Capability, ...], Field(max_length=8)] = ()
    min_w: PowerW | None = None
    """`power`: the most negative set-point, −800 for a battery that gives 800 W. `mode`: the most it gives."""
    max_w: PowerW | None = None
    """`power`: the most positive set-point. `mode`: the most it takes."""
    step_w: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """`power`: set-points are multiples of this."""
    levels_w: Annotated[tuple[PowerW, ...], Field(max_length=128), AfterValidator(_ladder)] = ()
    """`power`: the only set-points there are beside 0; empty if `step_w` says it."""
    dead_time_s: Annotated[float, Field(ge=0, le=120)] | None = None
    """`power`: from the order to the first change of power."""
    ramp_w_per_s: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    """`power`: how fast it changes then."""
    refresh_s: Annotated[float, Field(ge=0, le=600)] | None = None
    """`power`, `mode`: shortest time between two different orders; 0 if it takes one at each reading."""
    modes: Annotated[tuple[Mode, ...], Field(max_length=16)] = ()
    """`mode`: what it can be told."""
    min_soc_least_pct: Percent | None = None
    """`reserve`: bounds of `min_soc_pct`; a value beyond them is taken as the nearest within."""
    min_soc_most_pct: Percent | None = None
    charge_target_least_pct: Percent | None = None
    """`reserve`: bounds of `charge_target_pct`, likewise."""
    charge_target_most_pct: Percent | None = None
    capacity_wh: EnergyWh | None = None
    round_trip_pct: Percent | None = None
    member_of: Id | None = None
    """The device that this one is a part of: its power is counted there as well, and orders go there."""
    topics: Annotated[tuple[Place, ...], Field(max_length=10)] = ()
    """Where it lives on MQTT by itself, outside our tree, for whoever looks for a wire; empty if it does not."""


class MeterState(Payload):
    """The latest measurement of a meter. + import, − export. Unknown values are null, never 0."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [name], "properties": {name: {"type": "number"}}} for name in _MEASURED]
        }
    )

    power_w: PowerW | None = None
    """The meter's own total over all phases; never a sum made by us. Null only for a meter of water, gas or heat."""
    power_l1_w: PowerW | None = None
    power_l2_w: PowerW | None = None
    power_l3_w: PowerW | None = None
    voltage_l1_v: Annotated[float, Field(ge=0, le=1000)] | None = None
    voltage_l2_v: Annotated[float, Field(ge=0, le=1000)] | None = None
    voltage_l3_v: Annotated[float, Field(ge=0, le=1000)] | None = None
    current_l1_a: Annotated[float, Field(ge=-1000, le=1000)] | None = None
    current_l2_a: Annotated[float, Field(ge=-1000, le=1000)] | None = None
    current_l3_a: Annotated[float, Field(ge=-1000, le=1000)] | None = None
    frequency_hz: Annotated[float, Field(ge=0, le=100)] | None = None
    energy_import_wh: EnergyWh | None = None
    energy_export_wh: EnergyWh | None = None
    energy_import_t1_wh: EnergyWh | None = None
    energy_import_t2_wh: EnergyWh | None = None
    energy_export_t1_wh: EnergyWh | None = None
    energy_export_t2_wh: EnergyWh | None = None
    quarter_hour_w: PowerW | None = None
    """Mean of the running quarter hour, where the meter keeps it."""
    month_peak_w: PowerW | None = None
    """Highest quarter-hour mean of this month."""
    month_peak_ts_ms: TimestampMs | None = None
    tariff: Annotated[int, Field(ge=1, le=4)] | None = None
    """The tariff register the meter counts in now."""
    gas_m3: Annotated[float, Field(ge=0, le=10**8)] | None = None
    water_m3: Annotated[float, Field(ge=0, le=10**8)] | None = None
    heat_gj: Annotated[float, Field(ge=0, le=10**8)] | None = None
    counter_reset_ms: TimestampMs | None = None
    """When a counter began anew (meter exchanged); absent while counters only grow."""
    device_ts_ms: TimestampMs | None = None
    """The meter's own clock; if it stands still the meter is frozen."""
    device_seq: Annotated[int, Field(ge=0)] | None = None
    """The meter's own telegram counter, for meters that keep one."""
    quality: Quality = "good"

    @model_validator(mode="after")
    def _measures_something(self) -> Self:
        if all(getattr(self, name) is None for name in _MEASURED):
            raise ValueError(f"a meter tells {' or '.join(_MEASURED)}")
        return self


class BatteryState(Payload):
    """The latest measurement of a battery. + charge, − discharge, at its AC terminals."""

    power_w: PowerW | None = None
    soc_pct: Percent | None = None
    mode: Word | None = None
    """`setpoint` under an order of power, else what it does: `self_consumption`, `standby`, `schedule`, … (open)."""
    target_w: PowerW | None = None
    """What its own controller asks of it now, where it tells."""
    batteries: Annotated[int, Field(ge=0, le=1000)] | None = None
    """How many batteries a group consists of."""
    energy_import_wh: EnergyWh | None = None
    """Charged so far, counted at the AC terminals."""
    energy_export_wh: EnergyWh | None = None
    temperature_c: Annotated[float, Field(ge=-60, le=120)] | None = None
    min_soc_pct: Percent | None = None
    """`reserve`: the least charge it holds now, read from the device, whoever set it."""
    charge_target_pct: Percent | None = None
    """`reserve`: how far its own scheduled charging goes."""
    battery_life: bool | None = None
    """`reserve`: it raises its own floor after days without a full charge."""
    schedule_on: bool | None = None
    """`reserve`: its own schedule is switched on; while it is not, nothing charges to the target."""
    device_ts_ms: TimestampMs | None = None
    device_seq: Annotated[int, Field(ge=0)] | None = None
    quality: Quality = "good"


class EvState(Payload):
    """A car at its charger."""

    connected: bool
    power_w: PowerW | None = None
    soc_pct: Percent | None = None
    quality: Quality = "good"


class SwitchState(Payload):
    """A socket or relay, and what flows through it. + consumption."""

    on: bool
    """The switch is closed."""
    power_w: PowerW | None = None
    """Null where nothing measures it. Below zero if a source hangs behind it."""
    energy_import_wh: EnergyWh | None = None
    energy_export_wh: EnergyWh | None = None
    locked: bool | None = None
    """Its owner has locked it in the position it is in: orders to leave that are refused."""
    quality: Quality = "good"


class RequestState(Payload):
    """A wish from outside: a thermostat's, or a number that a person or another program sets."""

    on: bool | None = None
    """It wants to be on; null if that is unknown."""
    target_c: Annotated[float, Field(ge=-60, le=120)] | None = None
    current_c: Annotated[float, Field(ge=-60, le=120)] | None = None
    value: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    """A plain number, in the unit that its reader expects."""
    quality: Quality = "good"


class LoadState(Payload):
    """A load that is measured and not switched, or dimmed. + consumption."""

    level_pct: Percent | None = None
    """Of a dimmed load: 0 is off."""
    power_w: PowerW | None = None
    energy_import_wh: EnergyWh | None = None
    quality: Quality = "good"


class PvState(Payload):
    """A source: solar panels behind a meter or an inverter that tells."""

    production_w: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    """What it produces now; what its inverter draws at night is not production and counts as 0."""
    energy_production_wh: EnergyWh | None = None
    quality: Quality = "good"


class Command(Payload):
    """An order as a lease: it says until when it holds, and is never retained."""

    cmd_id: Annotated[str, Field(min_length=1, max_length=64)]
    """`<epoch>-<number>`, unique per balancer."""
    epoch: Epoch
    """Fencing token of the leader that gives the order."""
    issued_at_ms: TimestampMs
    ttl_s: float
    """Life of the lease in s from `issued_at_ms`; acceptance wants 0 < ttl_s ≤ 120."""
    action: Action
    power_w: PowerW | None = None
    """`set_power`: signed set-point."""
    mode: Mode | None = None
    """`set_mode`."""
    on: bool | None = None
    """`switch`."""
    min_soc_pct: Percent | None = None
    """`set_reserve`; absent = the owner's value."""
    charge_target_pct: Percent | None = None
    """`set_reserve`; absent = the owner's value."""
    battery_life: bool | None = None
    """`set_reserve`; absent = the owner's value."""
    reason: Annotated[str, Field(max_length=64)] = ""
    """The rule behind the order, one word."""
    valid_until_ms: TimestampMs | None = None
    """For readers only; bridges work with `ttl_s` and their monotonic clock."""

    @model_validator(mode="after")
    def _action_has_its_value(self) -> Self:
        needed = {"set_power": self.power_w, "set_mode": self.mode, "switch": self.on}
        if self.action in needed and needed[self.action] is None:
            raise ValueError(f"action {self.action} without its value")
        return self


class Ack(Payload):
    """What became of one command. Not retained: an old result would look like a fresh one."""

    cmd_id: Word
    epoch: Epoch
    outcome: Outcome
    reason: Reason | None = None
    """Only with `rejected`: the acceptance rule that said no."""
    requested_w: PowerW | None = None
    applied_w: PowerW | None = None
    """After clamping to the device's and the owner's limits."""
    achieved_w: PowerW | None = None
    """Read back from the device or an independent meter."""
    latency_ms: Annotated[int, Field(ge=0)] | None = None
    """From acceptance to the device's own confirmation."""
    detail: Sentence = ""


class Control(Payload):
    """Who controls the device now: the retained truth for screens."""

    mode: Authority
    setpoint_w: PowerW | None = None
    lease_until_ms: TimestampMs | None = None
    epoch: Epoch
    """The highest epoch this bridge has accepted."""
    holder: Annotated[str, Field(max_length=128)] | None = None
    """Account that gave the order in force."""


class Alert(Payload):
    """Something an owner should know. Retained while it is so, cleared with an empty payload."""

    severity: Literal["warning", "error"]
    since_ms: TimestampMs
    text: Sentence
    """What is wrong, in one sentence."""
    advice: Sentence = ""
    """What to do about it."""
    device: Id | None = None

"""The JSON of sockets, kWh meters, water meters and batteries without any I/O, v1 and v2. + consumes, as the vendor.

Both generations tell the same under two sets of names. Every field may be absent or null, which is not zero. A bool,
a text or NaN in place of a number makes the whole answer unusable: nobody knows what else is wrong with it. The
battery group has a file of its own, `group.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from common.errors import DeviceUnintelligible

Document = Mapping[str, JsonValue]
LOCKED = 8
"""v1 error: not modifiable now, because the switch lock is on."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


S = TypeVar("S", bound=_Strict)


def _v1_name(name: str) -> str:
    """What v1 calls a field of v2."""
    if name.startswith("energy_"):
        return f"total_power_{name.removeprefix('energy_')}"
    return f"active_{name}"


Power = Annotated[float, Field(ge=-1e6, le=1e6)] | None
Voltage = Annotated[float, Field(ge=0, le=1000)] | None
Current = Annotated[float, Field(ge=-1000, le=1000)] | None
Frequency = Annotated[float, Field(ge=0, le=100)] | None
Energy = Annotated[float, Field(le=1e9)] | None
"""Beyond the contract's bounds an answer is nonsense, here and not later."""


class Flow(_Strict):
    """What flows through a device. None: it did not say."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(name, _v1_name(name)))
    )

    power_w: float | None = None
    power_l1_w: Power = None
    power_l2_w: Power = None
    power_l3_w: Power = None
    voltage_v: Voltage = None
    voltage_l1_v: Voltage = None
    voltage_l2_v: Voltage = None
    voltage_l3_v: Voltage = None
    current_l1_a: Current = None
    current_l2_a: Current = None
    current_l3_a: Current = None
    frequency_hz: Frequency = None
    energy_import_kwh: Energy = None
    energy_import_t1_kwh: Energy = None
    energy_export_kwh: Energy = None
    energy_export_t1_kwh: Energy = None
    state_of_charge_pct: float | None = None

    @property
    def import_wh(self) -> int | None:
        """The counter of consumption; old firmware calls it tariff 1 only."""
        return _wh(self.energy_import_kwh, self.energy_import_t1_kwh)

    @property
    def export_wh(self) -> int | None:
        """The counter of production."""
        return _wh(self.energy_export_kwh, self.energy_export_t1_kwh)


class Position(_Strict):
    """`/api/v1/state` of a socket."""

    power_on: bool
    switch_lock: bool = False


class _Water(_Strict):
    total_liter_m3: Annotated[float, Field(le=1e8)] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What of a device's flow is believed. + consumes; None is unknown."""

    flow: Flow
    power_w: float | None
    import_wh: int | None
    export_wh: int | None

    @property
    def inverted(self) -> "Reading":
        """The same with the wires the other way round."""
        swapped = {name: None if (value := getattr(self.flow, name)) is None else -value + 0.0 for name in SIGNED}
        power_w = None if self.power_w is None else -self.power_w + 0.0
        return Reading(self.flow.model_copy(update=swapped), power_w, self.export_wh, self.import_wh)


SIGNED = ("power_w", "power_l1_w", "power_l2_w", "power_l3_w", "current_l1_a", "current_l2_a", "current_l3_a")


def flow(document: Document) -> Flow:
    """Out of `/api/v1/data` or `/api/measurement`. Raises DeviceUnintelligible."""
    return _parsed(Flow, document)


def position(document: Document) -> Position:
    """Out of `/api/v1/state`. Raises DeviceUnintelligible, also if it does not tell."""
    return _parsed(Position, document)


def switch(on: bool) -> dict[str, JsonValue]:
    """What is written to `/api/v1/state`."""
    return {"power_on": on}


def water_m3(document: Document) -> float:
    """Out of `/api/v1/data` of a water meter. Raises DeviceUnintelligible, also if it does not tell."""
    total_m3 = _parsed(_Water, document).total_liter_m3
    if total_m3 is None or total_m3 < 0:
        raise DeviceUnintelligible("the water meter tells no total")
    return total_m3


def charge_pct(flow: Flow) -> float | None:
    """State of charge; what lies outside 0 to 100 is unknown."""
    soc_pct = flow.state_of_charge_pct
    return soc_pct if soc_pct is not None and 0 <= soc_pct <= 100 else None


def _wh(total_kwh: float | None, only_kwh: float | None) -> int | None:
    energy_kwh = total_kwh if total_kwh is not None else only_kwh
    return None if energy_kwh is None or energy_kwh < 0 else round(energy_kwh * 1000)


def _parsed(kind: type[S], document: Document) -> S:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        raise DeviceUnintelligible(f"{where}: {found['msg']}; found {str(found['input'])[:60]!r}") from error

"""The dongle's JSON without any I/O: v1 and v2 in, the contract's meter state out. + import, − export, as the vendor.

Both generations tell the same things under two sets of names. Every field may be absent or null, which is not zero.
Numbers come as int or float; a bool, a text or NaN in place of one makes the whole telegram unusable, because nobody
knows what else is wrong with it. Times are local, without a zone, and sometimes nonsense; nonsense is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, JsonValue, ValidationError

from common.contract import MeterState
from common.errors import DeviceUnintelligible
from common.homewizard.errors import NoTelegram
from services.p1.local_time import local_ms

_METER_CLOCK = re.compile(r"^0-0:1\.0\.0\((\d{12}[SW]?)\)", re.MULTILINE)
_ODD_V1_NAMES = {
    "protocol_version": "smr_version",
    "average_power_15m_w": "active_power_average_w",
    "monthly_power_peak_w": "montly_power_peak_w",  # the vendor's spelling
    "monthly_power_peak_timestamp": "montly_power_peak_timestamp",
    "total_gas_m3": "total_gas_m3",
}


def _v1_name(name: str) -> str:
    """What v1 calls a field of v2: `active_power_w` for `power_w`, `total_power_import_kwh` for `energy_import_kwh`."""
    if name.startswith("energy_"):
        return f"total_power_{name.removeprefix('energy_')}"
    return _ODD_V1_NAMES.get(name, f"active_{name}")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class _Measurement(_Strict):
    """`/api/measurement` and `/api/v1/data`."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(name, _v1_name(name)))
    )

    protocol_version: float | None = None
    timestamp: JsonValue = None
    tariff: float | None = None
    power_w: float | None = None
    power_l1_w: float | None = None
    power_l2_w: float | None = None
    power_l3_w: float | None = None
    voltage_l1_v: float | None = None
    voltage_l2_v: float | None = None
    voltage_l3_v: float | None = None
    current_l1_a: float | None = None
    current_l2_a: float | None = None
    current_l3_a: float | None = None
    frequency_hz: float | None = None
    energy_import_kwh: float | None = None
    energy_import_t1_kwh: float | None = None
    energy_import_t2_kwh: float | None = None
    energy_import_t3_kwh: float | None = None
    energy_import_t4_kwh: float | None = None
    energy_export_kwh: float | None = None
    energy_export_t1_kwh: float | None = None
    energy_export_t2_kwh: float | None = None
    energy_export_t3_kwh: float | None = None
    energy_export_t4_kwh: float | None = None
    average_power_15m_w: float | None = None
    monthly_power_peak_w: float | None = None
    monthly_power_peak_timestamp: JsonValue = None
    total_gas_m3: float | None = None
    external: JsonValue = None


class _External(_Strict):
    """A meter that is read through the electricity meter: gas, water, heat."""

    unique_id: str
    type: str
    value: float
    unit: str
    timestamp: JsonValue = None


@dataclass(frozen=True, slots=True)
class Telegram:
    """One measurement, understood."""

    state: MeterState
    stamp: str | None
    """The meter's own time as it wrote it (v2); it tells a new telegram from a repeated one."""
    protocol: float | None
    """DSMR version times ten; 50 and above send each second, older meters each ten."""


def telegram(document: Mapping[str, JsonValue], zone: ZoneInfo, near_ms: int) -> Telegram:
    """Understand a measurement that came at `near_ms`.

    Raises NoTelegram if it holds no power (the meter says nothing), DeviceUnintelligible if a number is none.
    """
    try:
        measured = _known(_Measurement.model_validate(document))
        if measured.power_w is None:
            raise NoTelegram("the dongle has no reading of the meter")
        stamp_ms = local_ms(measured.timestamp, zone, near_ms)
        stamp = measured.timestamp if isinstance(measured.timestamp, str) and stamp_ms is not None else None
        return Telegram(_state(measured, measured.power_w, stamp_ms, zone, near_ms), stamp, measured.protocol_version)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        raise DeviceUnintelligible(f"{where}: {found['msg']}; found {str(found['input'])[:60]!r}") from error


def meter_clock(raw: str) -> str | None:
    """The meter's own time out of a raw telegram, as it wrote it; None if this meter writes none."""
    match = _METER_CLOCK.search(raw)
    return match[1] if match else None


def _state(measured: _Measurement, power_w: float, stamp_ms: int | None, zone: ZoneInfo, near_ms: int) -> MeterState:
    others = _others(measured.external, zone, near_ms)
    return MeterState(
        power_w=power_w,
        power_l1_w=measured.power_l1_w,
        power_l2_w=measured.power_l2_w,
        power_l3_w=measured.power_l3_w,
        voltage_l1_v=measured.voltage_l1_v,
        voltage_l2_v=measured.voltage_l2_v,
        voltage_l3_v=measured.voltage_l3_v,
        current_l1_a=measured.current_l1_a,
        current_l2_a=measured.current_l2_a,
        current_l3_a=measured.current_l3_a,
        frequency_hz=measured.frequency_hz,
        energy_import_wh=_wh(_total(measured, "import")),
        energy_export_wh=_wh(_total(measured, "export")),
        energy_import_t1_wh=_wh(measured.energy_import_t1_kwh),
        energy_import_t2_wh=_wh(measured.energy_import_t2_kwh),
        energy_export_t1_wh=_wh(measured.energy_export_t1_kwh),
        energy_export_t2_wh=_wh(measured.energy_export_t2_kwh),
        quarter_hour_w=measured.average_power_15m_w,
        month_peak_w=measured.monthly_power_peak_w,
        month_peak_ts_ms=local_ms(measured.monthly_power_peak_timestamp, zone, near_ms),
        tariff=int(measured.tariff) if measured.tariff in (1, 2, 3, 4) else None,
        gas_m3=others.get("gas_meter", measured.total_gas_m3),
        water_m3=others.get("water_meter"),
        heat_gj=others.get("heat_meter"),
        device_ts_ms=stamp_ms,
    )


def _known(measured: _Measurement) -> _Measurement:
    """The measurement without what the meter cannot know.

    A Belgian 3×230 V meter without neutral reports 0 W on every phase and 0 V on L2 while the total is right:
    there the phases are unknown, and so is the current of a phase without voltage.
    """
    if measured.power_w == 0 or any((measured.power_l1_w, measured.power_l2_w, measured.power_l3_w)):
        return measured
    unknown: dict[str, None] = {}
    for phase in (1, 2, 3):
        unknown[f"power_l{phase}_w"] = None
        if measured.__dict__[f"voltage_l{phase}_v"] == 0:
            unknown |= {f"voltage_l{phase}_v": None, f"current_l{phase}_a": None}
    return measured.model_copy(update=unknown)


def _total(measured: _Measurement, way: str) -> float | None:
    """The register over all tariffs; older firmware leaves it out, then the sum of those there are."""
    values: dict[str, float | None] = measured.__dict__
    total = values[f"energy_{way}_kwh"]
    if total is not None:
        return total
    tariffs = [value for number in (1, 2, 3, 4) if (value := values[f"energy_{way}_t{number}_kwh"]) is not None]
    return sum(tariffs) if tariffs else None


def _wh(energy_kwh: float | None) -> int | None:
    return None if energy_kwh is None else round(energy_kwh * 1000)


_UNITS = {"gas_meter": "m3", "water_meter": "m3", "heat_meter": "GJ"}


def _others(external: JsonValue, zone: ZoneInfo, near_ms: int) -> dict[str, float]:
    """The newest reading of each kind. After an exchange the old meter may still be listed beside the new one."""
    newest: dict[str, tuple[int, float]] = {}
    for entry in external if isinstance(external, list) else ():
        meter = _external(entry)
        if meter is not None and _UNITS.get(meter.type) == meter.unit and meter.value >= 0:
            stamp_ms = local_ms(meter.timestamp, zone, near_ms) or 0
            if meter.type not in newest or stamp_ms > newest[meter.type][0]:
                newest[meter.type] = (stamp_ms, meter.value)
    return {kind: value for kind, (_, value) in newest.items()}


def _external(entry: JsonValue) -> _External | None:
    """One entry; None for one that is incomplete, which happens."""
    try:
        return _External.model_validate(entry)
    except ValidationError:
        return None

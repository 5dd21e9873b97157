"""What sockets, kWh meters, water meters and batteries tell, in v1 and v2 JSON. Pure. + consumes."""

from dataclasses import dataclass
from typing import Literal

from services.simulator.p1_meter.payloads import JsonObject

NOMINAL_V = 230.0
SHARES = (0.4, 0.35, 0.25)
"""Of the power behind a three-phase meter, per phase."""
Hardware = Literal["old", "11", "21"]
"""Of a socket: `old` firmware tells little, hardware 21 more than 11."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What flows through a device, and what has."""

    power_w: float
    import_wh: float
    export_wh: float = 0.0


def socket_v1(measured: Measured, hardware: Hardware) -> JsonObject:
    """`GET /api/v1/data` of a socket."""
    data = _wifi() | {
        "total_power_import_t1_kwh": _kwh(measured.import_wh),
        "total_power_export_t1_kwh": _kwh(measured.export_wh),
        "active_power_w": round(measured.power_w, 3),
        "active_power_l1_w": round(measured.power_w, 3),
    }
    if hardware == "old":
        return data
    data |= _totals(measured) | _line(measured.power_w)
    return data | (_reactive(measured.power_w) if hardware == "21" else {})


def kwh1_v1(measured: Measured) -> JsonObject:
    """`GET /api/v1/data` of a one-phase meter."""
    power: JsonObject = {
        "active_power_w": round(measured.power_w, 3),
        "active_power_l1_w": round(measured.power_w, 3),
    }
    return _wifi() | _totals(measured) | power | _line(measured.power_w) | _reactive(measured.power_w)


def kwh3_v1(measured: Measured) -> JsonObject:
    """`GET /api/v1/data` of a three-phase meter."""
    data = _wifi() | _totals(measured) | {"active_power_w": round(measured.power_w, 3)}
    for number, share in enumerate(SHARES, start=1):
        data[f"active_power_l{number}_w"] = round(measured.power_w * share, 3)
        data[f"active_voltage_l{number}_v"] = NOMINAL_V
        data[f"active_current_l{number}_a"] = _amperes(measured.power_w * share)
    return data | {"active_current_a": _amperes(abs(measured.power_w)), "active_frequency_hz": 50}


def kwh_v2(measured: Measured, phases: Literal[1, 3]) -> JsonObject:
    """`GET /api/measurement` of a kWh meter."""
    data: JsonObject = {
        "energy_import_kwh": _kwh(measured.import_wh),
        "energy_export_kwh": _kwh(measured.export_wh),
        "power_w": round(measured.power_w),
        "frequency_hz": 50,
    }
    if phases == 1:
        return data | {"voltage_v": NOMINAL_V, "current_a": _amperes(measured.power_w)}
    for number, share in enumerate(SHARES, start=1):
        data[f"power_l{number}_w"] = round(measured.power_w * share)
        data[f"voltage_l{number}_v"] = NOMINAL_V
        data[f"current_l{number}_a"] = _amperes(measured.power_w * share)
    return data


def water_v1(flow_lpm: float, total_m3: float) -> JsonObject:
    """`GET /api/v1/data` of a water meter."""
    return _wifi() | {
        "active_liter_lpm": flow_lpm,
        "total_liter_m3": round(total_m3, 3),
        "total_liter_offset_m3": 0,
    }


def battery_v2(measured: Measured, soc_pct: float) -> JsonObject:
    """`GET /api/measurement` of a Plug-In Battery."""
    return {
        "energy_import_kwh": _kwh(measured.import_wh),
        "energy_export_kwh": _kwh(measured.export_wh),
        "power_w": round(measured.power_w),
        "voltage_v": NOMINAL_V,
        "current_a": _amperes(measured.power_w),
        "frequency_hz": 50.0,
        "state_of_charge_pct": round(soc_pct, 3),
        "cycles": int(measured.import_wh // 2700),
    }


def _wifi() -> JsonObject:
    return {"wifi_ssid": "Simulated", "wifi_strength": 78}


def _totals(measured: Measured) -> JsonObject:
    bought, sold = _kwh(measured.import_wh), _kwh(measured.export_wh)
    return {
        "total_power_import_kwh": bought,
        "total_power_import_t1_kwh": bought,
        "total_power_export_kwh": sold,
        "total_power_export_t1_kwh": sold,
    }


def _line(power_w: float) -> JsonObject:
    return {"active_voltage_v": NOMINAL_V, "active_current_a": _amperes(abs(power_w)), "active_frequency_hz": 50}


def _reactive(power_w: float) -> JsonObject:
    return {
        "active_reactive_power_var": 0,
        "active_apparent_power_va": round(abs(power_w), 3),
        "active_power_factor": 1,
    }


def _amperes(power_w: float) -> float:
    return round(power_w / NOMINAL_V, 3)


def _kwh(energy_wh: float) -> float:
    return round(energy_wh / 1000, 3)

"""A telegram as the dongle tells it, in v1 and v2 JSON. Pure. Shapes after the vendor's pages on measurements."""

from datetime import datetime

from pydantic import JsonValue

from services.simulator.p1_meter.smart_meter import Telegram

JsonObject = dict[str, JsonValue]

METER_MODEL = "SIM  P1-1"
METER_ID = "53494D31323334353637"
GAS_ID = "53494D47415331323334"


def v1_data(telegram: Telegram) -> JsonObject:
    """`GET /api/v1/data`."""
    data: JsonObject = {
        "wifi_ssid": "Simulated",
        "wifi_strength": 82,
        "smr_version": 50,
        "meter_model": METER_MODEL,
        "unique_id": METER_ID,
        "active_tariff": telegram.tariff,
        "total_power_import_kwh": _kwh(sum(telegram.import_wh)),
        "total_power_import_t1_kwh": _kwh(telegram.import_wh[0]),
        "total_power_import_t2_kwh": _kwh(telegram.import_wh[1]),
        "total_power_export_kwh": _kwh(sum(telegram.export_wh)),
        "total_power_export_t1_kwh": _kwh(telegram.export_wh[0]),
        "total_power_export_t2_kwh": _kwh(telegram.export_wh[1]),
        "active_power_w": float(telegram.power_w),
    }
    for number, phase in enumerate(telegram.phases, start=1):
        data[f"active_power_l{number}_w"] = float(phase.power_w)
        data[f"active_voltage_l{number}_v"] = phase.voltage_v
        data[f"active_current_l{number}_a"] = phase.current_a
    return data | {
        "active_power_average_w": float(telegram.quarter_hour_w),
        "montly_power_peak_w": float(telegram.month_peak_w),  # the vendor's spelling
        "montly_power_peak_timestamp": _digits(telegram.month_peak_at),
        "total_gas_m3": telegram.gas_m3,
        "gas_timestamp": _digits(telegram.gas_at),
        "gas_unique_id": GAS_ID,
        "external": [_gas(telegram, _digits(telegram.gas_at))],
    }


def v2_measurement(telegram: Telegram) -> JsonObject:
    """`GET /api/measurement`, and what the websocket pushes."""
    data: JsonObject = {
        "protocol_version": 50,
        "meter_model": METER_MODEL,
        "unique_id": METER_ID,
        "timestamp": _local(telegram.at),
        "tariff": telegram.tariff,
        "energy_import_kwh": _kwh(sum(telegram.import_wh)),
        "energy_import_t1_kwh": _kwh(telegram.import_wh[0]),
        "energy_import_t2_kwh": _kwh(telegram.import_wh[1]),
        "energy_export_kwh": _kwh(sum(telegram.export_wh)),
        "energy_export_t1_kwh": _kwh(telegram.export_wh[0]),
        "energy_export_t2_kwh": _kwh(telegram.export_wh[1]),
        "power_w": telegram.power_w,
    }
    for number, phase in enumerate(telegram.phases, start=1):
        data[f"power_l{number}_w"] = phase.power_w
        data[f"voltage_l{number}_v"] = phase.voltage_v
        data[f"current_l{number}_a"] = phase.current_a
    return data | {
        "average_power_15m_w": telegram.quarter_hour_w,
        "monthly_power_peak_w": telegram.month_peak_w,
        "monthly_power_peak_timestamp": _local(telegram.month_peak_at),
        "external": [_gas(telegram, _local(telegram.gas_at))],
    }


def _gas(telegram: Telegram, stamp: JsonValue) -> JsonObject:
    return {"unique_id": GAS_ID, "type": "gas_meter", "timestamp": stamp, "value": telegram.gas_m3, "unit": "m3"}


def _kwh(energy_wh: int) -> float:
    return energy_wh / 1000


def _digits(at: datetime) -> int:
    """v1: YYMMDDhhmmss, local, as a number."""
    return int(at.strftime("%y%m%d%H%M%S"))


def _local(at: datetime) -> str:
    """v2: ISO, local, without a zone."""
    return at.strftime("%Y-%m-%dT%H:%M:%S")

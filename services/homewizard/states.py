"""What was measured, in the contract's words. Pure. + consumes; production has a word of its own."""

from common.contract import BatteryState, LoadState, MeterState, PvState, SwitchState
from services.homewizard.wire import Position, Reading, charge_pct


def switch_state(reading: Reading, seen: Position) -> SwitchState:
    """As a socket."""
    return SwitchState(
        on=seen.power_on,
        power_w=reading.power_w,
        energy_import_wh=reading.import_wh,
        energy_export_wh=reading.export_wh,
        locked=seen.switch_lock,
    )


def pv_state(reading: Reading) -> PvState:
    """As a source: what is drawn at night is no production."""
    production_w = None if reading.power_w is None else max(0.0, -reading.power_w)
    return PvState(production_w=production_w, energy_production_wh=reading.export_wh)


def load_state(reading: Reading) -> LoadState:
    """As a load."""
    return LoadState(power_w=reading.power_w, energy_import_wh=reading.import_wh)


def meter_state(reading: Reading) -> MeterState | None:
    """As a part of the house, phase by phase where it has three; None if its power is unknown."""
    if reading.power_w is None:
        return None
    flow = reading.flow
    return MeterState(
        power_w=reading.power_w,
        power_l1_w=flow.power_l1_w,
        power_l2_w=flow.power_l2_w,
        power_l3_w=flow.power_l3_w,
        voltage_l1_v=flow.voltage_l1_v if flow.voltage_l1_v is not None else flow.voltage_v,
        voltage_l2_v=flow.voltage_l2_v,
        voltage_l3_v=flow.voltage_l3_v,
        current_l1_a=flow.current_l1_a,
        current_l2_a=flow.current_l2_a,
        current_l3_a=flow.current_l3_a,
        frequency_hz=flow.frequency_hz,
        energy_import_wh=reading.import_wh,
        energy_export_wh=reading.export_wh,
    )


def battery_state(reading: Reading) -> BatteryState:
    """As one battery: + charging, as the vendor."""
    return BatteryState(
        power_w=reading.power_w,
        soc_pct=charge_pct(reading.flow),
        energy_import_wh=reading.import_wh,
        energy_export_wh=reading.export_wh,
        quality="good" if reading.power_w is not None else "bad",
    )

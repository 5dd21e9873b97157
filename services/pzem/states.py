"""What is known of each device, in the contract's words. Pure. + consumes; production has a word of its own."""

from typing import Final

from common.contract import DeviceInfo, LoadState, MeterState, PvState, SwitchState
from services.pzem import dimming
from services.pzem.clamp import Measured, Net
from services.pzem.config import DimmerSettings, MeasuredSettings, MeterSettings, SwitchSettings
from services.pzem.curve import Curve
from services.pzem.wire import Status

PERIOD_S: Final = 2.0
"""A module is read and published about so often."""
ANSWER_S: Final = 0.3
"""From a word to the load's power: over the broker and Wi-Fi, and half a wave of the grid."""
JUMP_W_PER_S: Final = 100_000.0
"""It has no ramp: the next half wave is already another."""
STATUS_AGE: Final = 3.0
"""Polls after which a position may no longer be used."""


def meter_info(settings: MeasuredSettings, model: str, firmware: str | None = None) -> DeviceInfo:
    """What only measures."""
    return DeviceInfo(
        vendor="PZEM",
        model=model,
        firmware=firmware,
        phase=settings.phase,
        topics=settings.topics,
        poll_s=PERIOD_S,
        stale_after_s=settings.stale_after_s,
    )


def dimmer_info(settings: DimmerSettings, curve: Curve) -> DeviceInfo:
    """A dimmer takes `power`; its levels are those of whole percentages."""
    return DeviceInfo(
        vendor="regul",
        model=f"{settings.speaks} dimmer",
        phase=settings.phase,
        topics=settings.topics,
        poll_s=settings.poll_s,
        stale_after_s=max(settings.stale_after_s, STATUS_AGE * settings.poll_s),
        safe_state="off",
        capabilities=("power",),
        min_w=0.0,
        max_w=curve.max_power_w,
        levels_w=dimming.levels_w(curve, settings),
        dead_time_s=ANSWER_S,
        ramp_w_per_s=JUMP_W_PER_S,
        refresh_s=0.0,
    )


def switch_info(settings: SwitchSettings) -> DeviceInfo:
    """A switched load takes `switch`. One of unknown power says so by telling none."""
    return DeviceInfo(
        vendor="regul",
        model="switched load" if settings.power_w is not None else "switched load of unknown power",
        phase=settings.phase,
        topics=settings.topics,
        poll_s=settings.poll_s,
        stale_after_s=max(settings.stale_after_s, STATUS_AGE * settings.poll_s),
        safe_state="off",
        capabilities=("switch",),
        max_w=settings.power_w,
        refresh_s=1.0,
    )


def metered(settings: MeterSettings, measured: Measured) -> MeterState | LoadState | PvState:
    """One module, as what it hangs before."""
    read = measured.reading
    match settings.measures:
        case "pv":
            return PvState(production_w=read.power_w, energy_production_wh=read.energy_wh)
        case "load":
            return LoadState(power_w=read.power_w, energy_import_wh=read.energy_wh)
        case "meter":
            return MeterState(
                power_w=read.power_w,
                voltage_l1_v=read.voltage_v,
                current_l1_a=read.current_a,
                frequency_hz=read.frequency_hz,
                energy_import_wh=read.energy_wh,
            )


def grid_state(net: Net) -> MeterState:
    """The house. Its counters are unknown: those of the two clamps are not those of the connection."""
    return MeterState(power_w=net.power_w, voltage_l1_v=net.voltage_v)


def load_state(seen: Status, measured: Measured | None, curve: Curve) -> LoadState:
    """A dimmed load. At 0 % nothing flows; above, its own meter knows, or else its curve estimates."""
    level_pct = seen.percent if seen.is_enabled else 0.0
    if measured is None and level_pct > 0:
        return LoadState(level_pct=level_pct, power_w=round(curve.table[int(level_pct)], 1), quality="estimated")
    power_w, energy_wh = _flow(measured, is_off=level_pct == 0)
    return LoadState(level_pct=level_pct, power_w=power_w, energy_import_wh=energy_wh)


def switch_state(seen: Status, measured: Measured | None) -> SwitchState:
    """A switched load."""
    on = seen.percent > 0
    power_w, energy_wh = _flow(measured, is_off=not on)
    return SwitchState(on=on, power_w=power_w, energy_import_wh=energy_wh)


def _flow(measured: Measured | None, *, is_off: bool) -> tuple[float | None, int | None]:
    """Power and counter of a load's own meter. Without one, all that is known is that off is nothing."""
    if measured is None:
        return (0.0 if is_off else None), None
    return measured.reading.power_w, measured.reading.energy_wh

"""A GX in the contract's words: its grid meter, its battery, the sun on it; what they are and how they stand. Pure."""

from dataclasses import dataclass
from typing import Final

from common.contract import BatteryState, DeviceInfo, MeterState, PvState
from common.contract.devices import Capability
from common.lease import Limits
from services.victron import reserve
from services.victron.config import SystemSettings
from services.victron.situation import HANDS_OFF, Situation

VENDOR: Final = "Victron"
POLL_S: Final = 3.0
"""The heartbeat proves each 3 s that what did not change still holds."""
STALE_S: Final = 10.0
DEAD_TIME_S: Final = 1.5
RAMP_W_PER_S: Final = 400.0
STEP_W: Final = 1.0
UNKNOWN: Final = BatteryState(quality="bad")
"""A battery that is out of reach: nothing is known."""


@dataclass(frozen=True, slots=True)
class Mood:
    """What the battery is doing, beside what is measured."""

    setpoint_w: float | None
    """By the order in force; None: it balances by itself."""
    has_rival: bool
    """Another program steers it."""


def meter(seen: Situation) -> MeterState | None:
    """What the grid meter shows; nothing of a meter that is away, or cut off with its house."""
    if seen.grid_w is None or seen.is_islanded:
        return None
    one, two, three = seen.phases_w
    return MeterState(
        power_w=seen.grid_w,
        power_l1_w=one,
        power_l2_w=two,
        power_l3_w=three,
        energy_import_wh=_wh(seen.import_kwh),
        energy_export_wh=_wh(seen.export_kwh),
    )


def battery(seen: Situation, mood: Mood) -> BatteryState:
    """What the battery does."""
    return BatteryState(
        power_w=seen.battery_w,
        soc_pct=seen.soc_pct,
        mode=_mode(seen, mood),
        temperature_c=seen.temperature_c,
        min_soc_pct=seen.minimum_pct,
        charge_target_pct=seen.target_pct,
        battery_life=seen.battery_life,
        schedule_on=seen.schedule_on,
        quality="good" if seen.battery_w is not None else "bad",
    )


def pv(seen: Situation) -> PvState:
    """What the sun gives. Inverters that sleep say nothing, which is not zero."""
    return PvState(production_w=seen.production_w, quality="good" if seen.production_w is not None else "bad")


def plain(model: str) -> DeviceInfo:
    """Facts about a meter or the sun."""
    return DeviceInfo(vendor=VENDOR, model=model, poll_s=POLL_S, stale_after_s=STALE_S)


def introduction(settings: SystemSettings, seen: Situation, within: Limits, mood: Mood) -> DeviceInfo:
    """Facts about the battery, and what it takes as things stand."""
    is_steered = settings.steers and seen.has_ess and seen.master is None and not mood.has_rival and within.max_w > 0
    takes_reserve = seen.has_ess and seen.master not in HANDS_OFF
    takes: tuple[tuple[bool, Capability], ...] = ((is_steered, "power"), (takes_reserve, "reserve"))
    info = plain(seen.product)
    update: dict[str, object] = {
        "safe_state": "self_consumption",
        "capabilities": tuple(name for holds, name in takes if holds),
        "capacity_wh": settings.capacity_wh,
        "round_trip_pct": settings.round_trip_pct,
    }
    if is_steered:
        update |= {"min_w": within.min_w, "max_w": within.max_w, "step_w": STEP_W, "refresh_s": 1.0}
        update |= {"dead_time_s": DEAD_TIME_S, "ramp_w_per_s": RAMP_W_PER_S}
    if takes_reserve:
        (least, most), (target_least, target_most) = reserve.BOUNDS["minimum"], reserve.BOUNDS["target"]
        update |= {"min_soc_least_pct": least, "min_soc_most_pct": most}
        update |= {"charge_target_least_pct": target_least, "charge_target_most_pct": target_most}
    return info.model_copy(update=update)


def _mode(seen: Situation, mood: Mood) -> str:
    if seen.is_islanded:
        return "backup"
    if seen.master is not None:
        return seen.master
    return "setpoint" if mood.setpoint_w is not None or mood.has_rival else "self_consumption"


def _wh(kwh: float | None) -> int | None:
    return round(kwh * 1000) if kwh is not None and kwh >= 0 else None

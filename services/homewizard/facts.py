"""What each kind of device is and can, in the contract's words. Pure."""

from typing import Final

from common.contract import DeviceInfo
from common.homewizard import DeviceFacts
from services.homewizard.config import BatterySettings, MeasuringSettings, SocketSettings
from services.homewizard.device import AnySettings
from services.homewizard.gating import HOME, ORDERS_APART_S
from services.homewizard.group import Group
from services.homewizard.pushes import PUSHED_S

VENDOR: Final = "HomeWizard"
PERIODS: Final = 3
LEAST_STALE_S: Final = 10.0


def plain(facts: DeviceFacts, settings: AnySettings, *, is_pushed: bool = False) -> DeviceInfo:
    """What every device tells. `is_pushed`: it tells by itself, and is not asked."""
    phase = settings.phase if isinstance(settings, MeasuringSettings | BatterySettings) else None
    return DeviceInfo(
        vendor=VENDOR,
        model=facts.product_type,
        firmware=facts.firmware_version or None,
        phase=phase,
        poll_s=PUSHED_S if is_pushed else settings.poll_s,
        stale_after_s=max(PERIODS * settings.poll_s, LEAST_STALE_S),
    )


def socket(facts: DeviceFacts, settings: SocketSettings) -> DeviceInfo:
    """A socket takes `switch`."""
    return plain(facts, settings).model_copy(
        update={"safe_state": settings.safe_state, "capabilities": ("switch",), "refresh_s": 1.0}
    )


def battery(facts: DeviceFacts, settings: BatterySettings, group: str | None, *, is_pushed: bool) -> DeviceInfo:
    """A battery takes nothing; its group does."""
    return plain(facts, settings, is_pushed=is_pushed).model_copy(
        update={
            "capacity_wh": settings.capacity_wh,
            "round_trip_pct": settings.round_trip_pct,
            "member_of": group,
        }
    )


def batteries(facts: DeviceFacts, settings: AnySettings, seen: Group, capacity_wh: int | None) -> DeviceInfo:
    """A group takes `mode`."""
    return plain(facts, settings).model_copy(
        update={
            "model": f"Plug-In Batteries on {facts.product_type}",
            "safe_state": HOME,
            "capabilities": ("mode",),
            "modes": seen.modes,
            "refresh_s": ORDERS_APART_S,
            "min_w": seen.min_w,
            "max_w": seen.max_w,
            "capacity_wh": capacity_wh,
        }
    )

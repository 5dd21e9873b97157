"""What is said about one battery on MQTT, in the contract's words."""

from collections.abc import Iterable
from typing import Final

from common import report
from common.alerts import Alerts
from common.contract import BATTERY_STATE, BatteryState, DeviceInfo
from common.contract.envelope import Quality
from common.lease import Limits
from common.messaging import Bus
from services.udp_battery.alarms import Alarm
from services.udp_battery.config import BatterySettings
from services.udp_battery.energy import Counters
from services.udp_battery.firmware import Firmware
from services.udp_battery.follow import DEAD_TIME_S, RAMP_W_PER_S, Seen
from services.udp_battery.wire import VendorMode

REFRESH_S: Final = 2.0
STALE_PERIODS: Final = 3
LOST_ROUND_S: Final = 35.0
"""A read of which all attempts were lost, the pause after it, and one more: at 30 % loss that is an ordinary day."""
WORDS: Final[dict[VendorMode | None, str | None]] = {
    "Auto": "self_consumption",
    "AI": "cloud",
    "Manual": "schedule",
    "Passive": "setpoint",
    "UPS": "backup",
    None: None,
}
"""The contract's words for the vendor's modes."""


class Report(report.Report):
    """The voice of one battery."""

    def __init__(self, bus: Bus, alerts: Alerts, device: str) -> None:
        super().__init__(bus, alerts, "battery", device)
        self._alarms: set[str] = set()

    async def introduce(
        self, settings: BatterySettings, firmware: Firmware, within: Limits, poll_s: float, capacity_wh: float | None
    ) -> None:
        """Say what it is and can."""
        known_wh = settings.capacity_wh or (round(capacity_wh) if capacity_wh else None)
        said = DeviceInfo(
            vendor="Marstek",
            model=firmware.model,
            firmware=None if firmware.version is None else str(firmware.version),
            phase=settings.phase,
            poll_s=poll_s,
            stale_after_s=max(STALE_PERIODS * poll_s, poll_s + LOST_ROUND_S),
            safe_state=settings.safe_state,
            capabilities=("power", "mode"),
            min_w=within.min_w,
            max_w=within.max_w,
            step_w=1,
            dead_time_s=DEAD_TIME_S,
            ramp_w_per_s=RAMP_W_PER_S,
            refresh_s=REFRESH_S,
            modes=("self_consumption", "standby"),
            capacity_wh=known_wh,
            round_trip_pct=settings.round_trip_pct,
        )
        await self.info(said)

    async def state(
        self, seen: Seen, counters: Counters, measured_ms: int, temperature_c: float | None, *, is_estimated: bool
    ) -> None:
        """Say what it said, measured when its answer came."""
        quality: Quality = "estimated" if is_estimated else "good"
        said = BatteryState(
            power_w=seen.power_w,
            soc_pct=seen.soc_pct,
            mode=WORDS[seen.mode],
            energy_import_wh=counters.import_wh,
            energy_export_wh=counters.export_wh,
            temperature_c=temperature_c,
            quality=quality if seen.power_w is not None else "bad",
        )
        await self.bus.publish(BATTERY_STATE.at(self.device), said, measured_ms)

    async def availability(self, is_online: bool) -> bool:
        """Say whether it can be reached. When it no longer can, what it said last is unknown."""
        is_news = await super().availability(is_online)
        if is_news and not is_online:
            await self.bus.publish(BATTERY_STATE.at(self.device), BatteryState(quality="bad"))
        return is_news

    async def alarms(self, standing: Iterable[Alarm]) -> None:
        """Raise what is wrong now, take back what no longer is."""
        now = {alarm.kind: alarm for alarm in standing}
        for alarm in now.values():
            await self._alerts.set(self._name(alarm.kind), alarm.text, alarm.advice, device=self.device)
        for kind in self._alarms - set(now):
            await self._alerts.clear(self._name(kind))
        self._alarms = set(now)

"""What the bridge says on MQTT about its meter."""

from typing import ClassVar

from common.alerts import Alerts
from common.contract import METER_STATE, DeviceInfo, MeterState
from common.homewizard import DeviceFacts, report
from common.messaging import Bus
from services.p1.pace import Pace


class Report(report.Report):
    """The voice of the meter. The service has no other device, so its alerts go without a name."""

    IF_IN_DOUBT: ClassVar[str] = (
        "If it lasts, pull the dongle's plug for a moment. If they are true, raise `max_power_w` in section `p1`."
    )

    def __init__(self, bus: Bus, alerts: Alerts, device: str) -> None:
        super().__init__(bus, alerts, "meter", device)
        self._called = "The meter"

    async def introduce(self, facts: DeviceFacts, pace: Pace) -> None:
        """What kind of meter, and how often it is really read."""
        await self.info(
            DeviceInfo(
                vendor="HomeWizard",
                model=facts.product_type,
                firmware=facts.firmware_version or None,
                poll_s=pace.period_s,
                stale_after_s=pace.stale_after_s,
            )
        )

    async def state(self, state: MeterState, measured_ms: int) -> None:
        """A new reading, and with it the end of whatever trouble there was."""
        await self.bus.publish(METER_STATE.at(self.device), state, measured_ms)
        await self.availability(True)

    def _name(self, kind: str) -> str:
        return kind

"""The voice of a HomeWizard device: beside what every device says, why it cannot be used."""

from typing import ClassVar

from common import report
from common.alerts import Alerts
from common.homewizard.troubles import Trouble
from common.messaging import Bus


class Report(report.Report):
    """The voice of one device."""

    IF_IN_DOUBT: ClassVar[str] = "If it lasts, pull its plug for a moment. If they are true, raise its `max_power_w`."

    def __init__(self, bus: Bus, alerts: Alerts, kind: str, device: str) -> None:
        super().__init__(bus, alerts, kind, device)
        self._trouble: str | None = None

    async def availability(self, is_online: bool) -> bool:
        """Whether it can be reached; back again is the end of whatever trouble there was."""
        if is_online:
            await self._over()
        return await super().availability(is_online)

    async def trouble(self, trouble: Trouble) -> None:
        """Why it cannot be used; one reason at a time."""
        if trouble.name != self._trouble:
            await self._over()
        self._trouble = trouble.name
        await self._alerts.set(self._name(trouble.name), trouble.text, trouble.advice, device=self.device, error=True)

    async def _over(self) -> None:
        if self._trouble is not None:
            await self._alerts.clear(self._name(self._trouble))
            self._trouble = None

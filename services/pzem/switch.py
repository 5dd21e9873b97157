"""A switched load, of known or unknown power: on or off, and what its own meter says of it."""

from common.contract import SWITCH_STATE, DeviceInfo
from common.lease import Lease
from services.pzem import states, wire
from services.pzem.actor import Actor
from services.pzem.clamp import Measured
from services.pzem.config import SwitchSettings
from services.pzem.talk import Parts
from services.pzem.telling import Tongue
from services.pzem.wire import Status


def tongue(settings: SwitchSettings) -> Tongue:
    """Its owner's words."""
    return Tongue(asks=settings.asks, levels=(settings.off, settings.on))


class Switch(Actor):
    """One switched load."""

    def __init__(self, parts: Parts, settings: SwitchSettings) -> None:
        super().__init__(parts)
        self._settings = settings

    def ordered(self, order: Lease) -> int | None:
        """0 or 100."""
        return (100 if order.command.on else 0) if order.command.action == "switch" else None

    def parsed(self, payload: bytes) -> Status:
        return wire.switched(payload, self._settings.on, self._settings.off)

    def info(self) -> DeviceInfo:
        return states.switch_info(self._settings)

    async def publish(self, seen: Status, measured: Measured | None, at_ms: int) -> None:
        await self.report.bus.publish(SWITCH_STATE.at(self.report.device), states.switch_state(seen, measured), at_ms)

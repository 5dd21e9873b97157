"""A dimmer in front of a resistive load: orders in W become whole percentages of its own curve."""

from typing import Final

from common.contract import LOAD_STATE, DeviceInfo
from common.lease import Lease
from services.pzem import dimming, states, wire
from services.pzem.actor import Actor
from services.pzem.clamp import Measured
from services.pzem.config import DimmerSettings
from services.pzem.curve import Curve
from services.pzem.talk import Parts
from services.pzem.telling import Tongue
from services.pzem.wire import Status

TONGUES: Final = {"vload": Tongue(asks="status", enables="on"), "scr": Tongue(asks=None)}
OFF: Final = "0"
"""What switches either kind off."""


class Dimmer(Actor):
    """One dimmer."""

    def __init__(self, parts: Parts, settings: DimmerSettings, curve: Curve) -> None:
        super().__init__(parts)
        self._settings = settings
        self._curve = curve
        self._info = states.dimmer_info(settings, curve)

    def ordered(self, order: Lease) -> int | None:
        """Percent."""
        if order.command.action != "set_power" or order.power_w is None:
            return None
        return dimming.level(order.power_w, self._curve, self._settings)

    def parsed(self, payload: bytes) -> Status:
        return wire.dimmed(payload)

    def info(self) -> DeviceInfo:
        return self._info

    def detail(self, order: Lease, level: int) -> str:
        return dimming.shortfall(order.power_w or 0.0, level, self._curve)

    async def publish(self, seen: Status, measured: Measured | None, at_ms: int) -> None:
        state = states.load_state(seen, measured, self._curve)
        await self.report.bus.publish(LOAD_STATE.at(self.report.device), state, at_ms)

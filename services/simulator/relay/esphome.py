"""An ESPHome node with one switch and two sensors: retained states, a status, nothing that can be asked."""

from contextlib import suppress
from typing import Final

from common.clock import Clock
from common.errors import BrokerLost
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import SwitchedLoad
from services.simulator.relay.air import Air
from services.simulator.relay.fake import RelayFake

PERIOD_S: Final = 10.0
"""Its owner has made it measure more often than the 60 s it does by itself."""
POSITIONS: Final = {"ON": True, "OFF": False}


class EspHomeFake(RelayFake):
    """`<node>/switch/<id>/command` in; `…/state`, its sensors and its status out, all of them kept by the broker."""

    def __init__(
        self, load: SwitchedLoad, house: ClockedHouse, air: Air, clock: Clock, node: str = "pump-node"
    ) -> None:
        super().__init__(load, house, air, clock)
        self.node, self.name = node, "pump"
        self.opens_alone = False
        """Its owner has written an `on_disconnect` automation: without a broker it opens."""
        self._keeper = air

    def _hears(self) -> tuple[str, ...]:
        return (f"{self.node}/switch/{self.name}/command",)

    async def _heard(self, topic: str, payload: bytes) -> None:
        word = payload.decode(errors="replace")
        is_on = not self.load.is_on if word == "TOGGLE" else POSITIONS.get(word)
        if is_on is not None:
            self._move(is_on, "mqtt")

    async def lose_power(self) -> None:
        """Its plug is pulled: the broker says its last will."""
        self._move(False, "power cut")
        await self._keep(f"{self.node}/status", "offline")
        self.is_deaf = True

    async def _live(self) -> None:
        await self._keep(f"{self.node}/status", "online")
        await self._tell()
        async for _ in self._clock.every(PERIOD_S):
            if self.opens_alone and not self._air.ready.is_set():
                self._move(False, "on_disconnect")
            await self._measure()

    async def _tell(self) -> None:
        await self._keep(f"{self.node}/switch/{self.name}/state", "ON" if self.load.is_on else "OFF")

    async def _measure(self) -> None:
        self._house.catch_up()
        await self._keep(f"{self.node}/sensor/{self.name}_power/state", f"{self.load.power_w:.1f}")
        await self._keep(f"{self.node}/sensor/{self.name}_energy/state", f"{self.load.energy_wh / 1000:.3f}")

    async def _keep(self, topic: str, payload: str) -> None:
        if not self.is_deaf:
            with suppress(BrokerLost):
                await self._keeper.keep(topic, payload)

"""A Shelly 1PM of the first generation: a topic per value, watt-minutes since it started, an auto-off."""

from typing import Final

import orjson

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import SwitchedLoad
from services.simulator.relay.air import Air
from services.simulator.relay.fake import RelayFake

PERIOD_S: Final = 30.0
"""It repeats everything so often."""
POSITIONS: Final = {"on": True, "off": False}


class ShellyGen1Fake(RelayFake):
    """`shellies/<id>/relay/0/command` in; `shellies/<id>/relay/0` and what is below it out, nothing of it retained."""

    def __init__(
        self, load: SwitchedLoad, house: ClockedHouse, air: Air, clock: Clock, device: str = "shelly1pm-a4cf12f4"
    ) -> None:
        super().__init__(load, house, air, clock)
        self.root = f"shellies/{device}"
        self.auto_off_s = 0.0
        """Set on its own page; no message sets it. 0: none."""
        self.has_tripped = False
        self._began_wh = load.energy_wh

    def press(self) -> None:
        self._turn(not self.load.is_on, "button")

    def trip(self) -> None:
        """Too much flows: it opens, and says why until it is switched on again."""
        self._move(False, "overpower")
        self.has_tripped = True

    def restart(self) -> None:
        """Power comes back: its counter begins at nothing, and its contact is open."""
        self._house.catch_up()
        self._began_wh = self.load.energy_wh
        self._move(False, "restart")

    def _hears(self) -> tuple[str, ...]:
        return f"{self.root}/relay/0/command", f"{self.root}/command", "shellies/command"

    async def _heard(self, topic: str, payload: bytes) -> None:
        word = payload.decode(errors="replace")
        if topic.endswith("/relay/0/command"):
            is_on = not self.load.is_on if word == "toggle" else POSITIONS.get(word)
            if is_on is not None:
                self._turn(is_on, "mqtt")
        elif word == "update" and topic.startswith(self.root):
            await self._tell()
        elif word == "announce":
            said = {"id": self.root.split("/")[1], "model": "SHSW-PM", "mac": "A4CF12F4", "fw_ver": "v1.14.0"}
            await self._say("shellies/announce", orjson.dumps(said).decode())

    async def _live(self) -> None:
        async for _ in self._clock.every(PERIOD_S):
            await self._tell()

    async def _tell(self) -> None:
        self._house.catch_up()
        position = "overpower" if self.has_tripped else "on" if self.load.is_on else "off"
        watt_minutes = (self.load.energy_wh - self._began_wh) * 60
        await self._say(f"{self.root}/online", "true")
        await self._say(f"{self.root}/relay/0", position)
        await self._say(f"{self.root}/relay/0/power", f"{self.load.power_w:.2f}")
        await self._say(f"{self.root}/relay/0/energy", f"{watt_minutes:.0f}")

    def _turn(self, is_on: bool, who: str) -> None:
        self.has_tripped = self.has_tripped and not is_on
        self._move(is_on, who, self.auto_off_s)

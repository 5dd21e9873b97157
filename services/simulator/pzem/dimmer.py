"""A dimmer on `regul/vload/<id>` with all its traps: it has no timer, and takes any unknown word for 0.

fake.is_deaf = True                     it hears nothing and says nothing, and goes on as it was
fake.is_stuck = True                    it answers and does not follow
await fake.set_by_hand(70)              somebody's other program sets it
"""

import math
from typing import Final

import orjson

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.physics.dimmed import DimmedLoad
from services.simulator.pzem.appliance import Appliance, Broker

WORDS: Final = {"reboot": "reboot_requested", "status": "status_requested", "on": "set ON", "off": "set OFF"}


class DimmerFake(Appliance):
    """One dimmer and its load."""

    def __init__(
        self, load: DimmedLoad, house: ClockedHouse, broker: Broker, clock: Clock, *, topic: str = "regul/vload/ECS"
    ) -> None:
        super().__init__(broker, clock, topic)
        self.load = load
        self.is_deaf = False
        self.is_stuck = False
        self._house = house
        self._percent = 0
        self._is_enabled = True

    @property
    def percent(self) -> int:
        """What it lets through now."""
        return self.load.percent

    def start(self) -> None:
        """Enabled, and at 0 %."""
        self._percent, self._is_enabled = 0, True
        self._fire()

    def boot(self) -> str:
        said = {"type": "vload", "id": self.id, "fw_version": "1.1b", "PCB": "white", "chip_id": "a1b2", "OTA": "mqtt"}
        return orjson.dumps(said).decode()

    async def obey(self, word: str) -> None:
        if self.is_deaf:
            return
        if word in WORDS:
            await self._word(word)
        else:
            await self._number(word)

    async def set_by_hand(self, percent: int) -> None:
        """Another program sets it."""
        self._percent = percent
        self._fire()
        await self._tell("setPower from Domoticz")

    async def _word(self, word: str) -> None:
        if word in ("on", "off"):
            self._is_enabled, self._percent = word == "on", 0
            self._fire()
        if word == "reboot":
            self.start()
        await self._tell(WORDS[word])

    async def _number(self, word: str) -> None:
        """A number, cut to a whole one; any text is 0; unchanged and outside: not a word."""
        try:
            value = float(word)
        except ValueError:
            value = 0.0
        if math.isfinite(value) and 0 <= value <= 100 and int(value) != self._percent:
            self._percent = int(value)
            self._fire()
            await self._tell("setpower")

    async def _tell(self, why: str) -> None:
        percent = self._percent if self._is_enabled else 0
        said = {"percent": percent, "power": 0, "mode": 0, "state": "ON" if self._is_enabled else "OFF", "msg": why}
        await self.say(orjson.dumps(said).decode())

    def _fire(self) -> None:
        self._house.catch_up()
        if self.is_stuck:
            self._percent = self.load.percent
        self.load.percent = self._percent if self._is_enabled else 0

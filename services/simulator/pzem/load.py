"""A switched load on `regul/cload/<id>` or `regul/uload/<id>`: two words, and it says how it stands when asked."""

import orjson

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import SwitchedLoad
from services.simulator.pzem.appliance import Appliance, Broker


class LoadFake(Appliance):
    """One relay and its load."""

    def __init__(
        self,
        load: SwitchedLoad,
        house: ClockedHouse,
        broker: Broker,
        clock: Clock,
        *,
        topic: str = "regul/cload/pump",
        words: tuple[str, str] = ("off", "on"),
    ) -> None:
        super().__init__(broker, clock, topic)
        self.load = load
        self.is_deaf = False
        self._house = house
        self._words = words

    @property
    def is_on(self) -> bool:
        """Where its relay stands."""
        return self.load.is_on

    def start(self) -> None:
        """Open."""
        self._switch(False)

    def boot(self) -> str:
        return orjson.dumps({"type": self.base.rpartition("/")[2], "id": self.id, "fw_version": "0.3"}).decode()

    async def obey(self, word: str) -> None:
        if self.is_deaf:
            return
        if word in self._words:
            self._switch(word == self._words[1])
        await self.say(orjson.dumps({"state": "ON" if self.load.is_on else "OFF"}).decode())

    def _switch(self, on: bool) -> None:
        self._house.catch_up()
        self.load.is_on = on

"""An energy socket: a relay with a button, a lock and a meter, over v1.

async with SocketFake(load, house, clock) as fake:
    fake.press()                        its owner's finger
    fake.is_locked = True               "switch lock" in the app
    fake.is_stuck = True                says yes and does not move
    fake.journal.of("switched")         every movement of the relay, and whose it was
"""

from collections.abc import Mapping

import orjson
from aiohttp import web

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.homewizard.appliance import ApplianceFake, Core
from services.simulator.homewizard.payloads import Hardware, Measured, socket_v1
from services.simulator.p1_meter.dongle import answer
from services.simulator.p1_meter.payloads import JsonObject
from services.simulator.physics import SwitchedLoad

SOCKET_SERIAL = "3c39e7000a01"
STATE = "/api/v1/state"
KEYS = {"power_on": bool, "switch_lock": bool, "brightness": int}


class SocketFake(ApplianceFake):
    """One socket and what is plugged into it."""

    def __init__(
        self,
        load: SwitchedLoad,
        house: ClockedHouse,
        clock: Clock,
        *,
        serial: str = SOCKET_SERIAL,
        hardware: Hardware = "21",
        host: str = "127.0.0.1",
        http_port: int = 0,
    ) -> None:
        self.load = load
        self.is_locked = False
        self.is_stuck = False
        """The relay does not move any more; everything else is as before."""
        self.brightness = 255
        self._house = house
        self._hardware: Hardware = hardware
        core = Core(clock, serial, ("HWE-SKT", "Energy Socket"), v1=self._data)
        core.firmware = "2.11" if hardware == "old" else "4.07"
        super().__init__(core, generations=(1,), kind="energysocket", host=host, http_port=http_port)

    @property
    def is_on(self) -> bool:
        """Where the relay stands."""
        return self.load.is_on

    def press(self) -> None:
        """Somebody presses its button; in vain while it is locked."""
        if not self.is_locked:
            self._switch(not self.load.is_on, "button")

    def lock(self) -> None:
        """Somebody locks it in the app, which also switches it on."""
        self.is_locked = True
        self._switch(True, "app")

    def _v1_app(self) -> web.Application:
        app = super()._v1_app()
        app.router.add_get(STATE, self._tell)
        app.router.add_put(STATE, self._obey)
        return app

    def _data(self) -> JsonObject:
        self._house.catch_up()
        return socket_v1(Measured(self.load.power_w, self.load.energy_wh), self._hardware)

    async def _tell(self, request: web.Request) -> web.Response:
        return self.core.measured(self._state())

    def _state(self) -> JsonObject:
        return {"power_on": self.load.is_on, "switch_lock": self.is_locked, "brightness": self.brightness}

    async def _obey(self, request: web.Request) -> web.Response:
        status, told = self._changed(await request.read())
        return answer(told, status)

    def _changed(self, body: bytes) -> tuple[int, JsonObject]:
        """What a PUT does, and its answer: only the keys that were sent."""
        try:
            values = orjson.loads(body)
        except ValueError:
            return 400, _error(2, "Body contains invalid json")
        if not _in_range(values):
            return 400, _error(7, "value out of range")
        locked, on = values.get("switch_lock", self.is_locked), values.get("power_on", self.load.is_on)
        if locked and not on and values.get("power_on") is False:
            return 400, _error(8, "power_on cannot be turned off when switch_lock is on")
        self.is_locked, self.brightness = locked, values.get("brightness", self.brightness)
        self.journal.note("written", f"PUT {STATE}", 200, detail=orjson.dumps(values).decode())
        self._switch(locked or on, "api")
        return 200, {key: values[key] for key in KEYS if key in values}

    def _switch(self, on: bool, who: str) -> None:
        self._house.catch_up()
        if on != self.load.is_on and not self.is_stuck:
            self.load.is_on = on
            self.journal.note("switched", detail=f"{'on' if on else 'off'} by {who}")


def _in_range(values: Mapping[str, object]) -> bool:
    """Whether every key that it knows has a value it takes."""
    right = all(type(values[key]) is kind for key, kind in KEYS.items() if key in values)
    return right and values.get("brightness", 0) in range(256)


def _error(number: int, text: str) -> JsonObject:
    return {"error": {"id": number, "description": text}}

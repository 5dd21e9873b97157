"""An EcoDevice v1 on a real socket, with its bad habits.

async with EcoDeviceFake(days, clock) as box:
    box.has_meter = False               the wire to the meter came off: ---- and zeroes
    box.garbage = True                  half a line where tomorrow's colour should be
    box.is_off_by_s = 180               the meter's clock is ahead
    await box.unplug()                  gone; `plug_in` brings it back
    box.asked                           how often it was asked
"""

import base64
from datetime import timedelta
from typing import Self

from aiohttp import web

from common.clock import Clock
from services.simulator.p1_meter.listening import Listening
from services.simulator.tempo.days import Days
from services.simulator.tempo.labels import SILENT, historic

INDEXES = ("BBRHCJB", "BBRHPJB", "BBRHCJW", "BBRHPJW", "BBRHCJR", "BBRHPJR")


class EcoDeviceFake(Listening):
    """The box, its first input at a meter with a Tempo contract, its second at none."""

    def __init__(
        self, days: Days, clock: Clock, *, host: str = "127.0.0.1", http_port: int = 0, login: str | None = None
    ) -> None:
        super().__init__(host, http_port, 0)
        self.has_meter, self.garbage, self.is_off_by_s, self.asked = True, False, 0.0, 0
        self._days, self._clock = days, clock
        self._header = f"Basic {base64.b64encode(login.encode()).decode()}" if login else None

    async def __aenter__(self) -> Self:
        await self.plug_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.unplug()

    async def plug_in(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_get("/api/xdevices.json", self._json)
        app.router.add_get("/protect/settings/teleinfo1.xml", self._xml)
        app.router.add_get("/protect/settings/teleinfo2.xml", self._xml)
        self.http_port = await self._listen(app, self.http_port, None)

    async def _json(self, request: web.Request) -> web.Response:
        self._ask(request)
        values: dict[str, object] = {"product": "Eco-devices"}
        for number in (1, 2):
            values |= {f"T{number}_{name}": value for name, value in self._values(number).items()}
        return web.json_response({**values, "INDEX_C1": 287000})

    async def _xml(self, request: web.Request) -> web.Response:
        self._ask(request)
        number = int(request.path[-5])
        lines = (f"<T{number}_{name}>{value}</T{number}_{name}>" for name, value in self._values(number).items())
        text = "\n".join(["<response>", f"<!--   TELEINFO {number}   -->", *lines, "</response>"])
        return web.Response(body=text.encode("latin-1"), content_type="text/xml")

    def _ask(self, request: web.Request) -> None:
        self.asked += 1
        if self._header is not None and request.headers.get("Authorization") != self._header:
            raise web.HTTPUnauthorized

    def _values(self, number: int) -> dict[str, object]:
        if number == 2 or not self.has_meter:
            return {"OPTARIF": SILENT, "PTEC": SILENT, "DEMAIN": SILENT, "PAPP": 0, **dict.fromkeys(INDEXES, 0)}
        labels = historic(self._days, self._clock.now() + timedelta(seconds=self.is_off_by_s))
        if self.garbage:
            labels["DEMAIN"] = "\nADC"
        return {**labels, "PAPP": 1310, **dict.fromkeys(INDEXES, 17891273)}

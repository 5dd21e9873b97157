"""The dongle's API v2: HTTPS, a token for everything but getting one."""

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from services.simulator.p1_meter.dongle import Dongle, answer, posted
from services.simulator.p1_meter.dsmr import telegram_text
from services.simulator.p1_meter.streams import Streams

OPEN = {("POST", "/api/user"), ("GET", "/api/ws")}
"""What needs no token in its headers."""


def v2_app(dongle: Dongle, streams: Streams) -> web.Application:
    """What listens on port 443."""
    api = V2Api(dongle, streams)
    app = web.Application(middlewares=[api.around])
    app.router.add_get("/api", api.device)
    app.router.add_get("/api/measurement", api.measurement)
    app.router.add_get("/api/telegram", api.telegram)
    app.router.add_get("/api/system", api.system)
    app.router.add_put("/api/system/identify", api.identify)
    app.router.add_put("/api/system/reboot", api.reboot)
    app.router.add_get("/api/batteries", api.batteries)
    app.router.add_put("/api/batteries", api.steer_batteries)
    app.router.add_get("/api/user", api.users)
    app.router.add_post("/api/user", api.pair)
    app.router.add_delete("/api/user", api.unpair)
    app.router.add_get("/api/ws", streams.serve)
    return app


class V2Api:
    """Handlers over one dongle."""

    def __init__(self, dongle: Dongle, streams: Streams) -> None:
        self._dongle = dongle
        self._streams = streams

    @web.middleware
    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Faults, version and token before, the journal after."""
        response: web.StreamResponse | None = await self._dongle.trouble(request)
        if response is None:  # an empty response is false in older versions of aiohttp
            response = self._refusal(request)
        if response is None:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=error.reason)
        if not response.prepared:
            response.headers["X-Api-Version"] = self._dongle.api_version
        self._dongle.journal.note("request", f"{request.method} {request.path}", response.status)
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("X-Api-Version", "2") != "2":
            return answer({"error": "request:api-version-not-supported"}, 400)
        if (request.method, request.path) in OPEN or self._dongle.users.knows(_token(request)):
            return None
        self._dongle.journal.note("auth_failure", f"{request.method} {request.path}", 401)
        return answer({"error": "user:unauthorized"}, 401)

    async def device(self, request: web.Request) -> web.Response:
        """`GET /api`."""
        return answer(self._dongle.describe(self._dongle.api_version))

    async def measurement(self, request: web.Request) -> web.Response:
        """`GET /api/measurement`."""
        return self._dongle.measured(self._dongle.v2())

    async def telegram(self, request: web.Request) -> web.Response:
        """`GET /api/telegram`."""
        heard = None if self._dongle.faults.no_telegram else self._dongle.telegram
        if heard is None:
            return web.Response(status=503, text="telegram:no-telegram-received")
        return web.Response(text=telegram_text(heard))

    async def system(self, request: web.Request) -> web.Response:
        """`GET /api/system`."""
        return answer(self._dongle.system())

    async def identify(self, request: web.Request) -> web.Response:
        """`PUT /api/system/identify`: a real one blinks."""
        return answer(None, 204)

    async def reboot(self, request: web.Request) -> web.Response:
        """`PUT /api/system/reboot`."""
        self._dongle.boot()
        await self._streams.close_all()
        return answer(None, 204)

    async def batteries(self, request: web.Request) -> web.Response:
        """`GET /api/batteries`; 404 where there are none."""
        group = self._dongle.group
        return answer(group.told(self._dongle.api_version)) if group else web.Response(status=404, text="Not Found")

    async def steer_batteries(self, request: web.Request) -> web.Response:
        """`PUT /api/batteries`."""
        if self._dongle.batteries is None:
            return web.Response(status=404, text="Not Found")
        values = await posted(request)
        status, told = self._dongle.steer(values)
        self._dongle.journal.note("written", "PUT /api/batteries", status, detail=orjson.dumps(values).decode())
        return answer(told, status)

    async def users(self, request: web.Request) -> web.Response:
        """`GET /api/user`."""
        return answer([*self._dongle.users.listed(_token(request))])

    async def pair(self, request: web.Request) -> web.Response:
        """`POST /api/user`."""
        status, reply = self._dongle.users.create((await posted(request)).get("name"))
        if status == 200:
            self._dongle.journal.note("paired", f"{request.method} {request.path}", status)
        return answer(reply, status)

    async def unpair(self, request: web.Request) -> web.Response:
        """`DELETE /api/user`."""
        status, reply = self._dongle.users.remove((await posted(request)).get("name"))
        return answer(reply, status)


def _token(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")

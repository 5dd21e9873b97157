"""The dongle's API v1: plain HTTP."""

from aiohttp import web
from aiohttp.typedefs import Handler

from services.simulator.p1_meter.dongle import Dongle, answer
from services.simulator.p1_meter.dsmr import telegram_text


def v1_app(dongle: Dongle) -> web.Application:
    """What listens on port 80."""
    api = V1Api(dongle)
    app = web.Application(middlewares=[api.around])
    app.router.add_get("/api", api.device)
    app.router.add_get("/api/v1/data", api.data)
    app.router.add_get("/api/v1/telegram", api.telegram)
    app.router.add_get("/api/v1/system", api.system)
    app.router.add_put("/api/v1/identify", api.identify)
    return app


class V1Api:
    """Handlers over one dongle."""

    def __init__(self, dongle: Dongle) -> None:
        self._dongle = dongle

    @web.middleware
    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Faults before, the journal after."""
        response: web.StreamResponse
        trouble = await self._dongle.trouble(request)
        if trouble is not None:
            response = trouble
        elif self._dongle.faults.api_off:
            response = answer({"error": {"id": 202, "description": "API not enabled"}}, 403)
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=error.reason)
        self._dongle.journal.note("request", f"{request.method} {request.path}", response.status)
        if self._dongle.faults.late_s:
            await self._dongle.clock.sleep(self._dongle.faults.late_s)
        return response

    async def device(self, request: web.Request) -> web.Response:
        """`GET /api`."""
        return answer(self._dongle.describe("v1"))

    async def data(self, request: web.Request) -> web.Response:
        """`GET /api/v1/data`."""
        return self._dongle.measured(self._dongle.v1())

    async def telegram(self, request: web.Request) -> web.Response:
        """`GET /api/v1/telegram`."""
        heard = None if self._dongle.faults.no_telegram else self._dongle.telegram
        return web.Response(text=telegram_text(heard) if heard else "")

    async def system(self, request: web.Request) -> web.Response:
        """`GET /api/v1/system`."""
        return answer({"cloud_enabled": True})

    async def identify(self, request: web.Request) -> web.Response:
        """`PUT /api/v1/identify`: a real one blinks."""
        return answer({"identify": "ok"})

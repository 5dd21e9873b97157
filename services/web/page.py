"""The page on HTTP: files, a stream of what changes, wishes. The only room with a socket."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from aiohttp import web

from common import metrics
from common.asking import ask
from common.messaging import Bus
from common.scene import Scene
from services.web.door import LASTS_S, Door, is_plain
from services.web.files import File, page_files
from services.web.picture import cards, changes

COOKIE: Final = "ballast"
LOOK_S: Final = 1.0
QUIET_S: Final = 10.0
"""Somebody who looks hears something at least so often, and so knows that the line is good."""
PATIENCE_S: Final = 20.0
"""Who takes in nothing for so long is gone."""
MOST_LOOKING: Final = 20
MOST_BYTES: Final = 4096
"""Of a request's body."""
FREE: Final = frozenset({"/login", "/page.css", "/icon.svg", "/page.webmanifest"})
"""What can be had without a ticket."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """One page, for as many as look at it."""

    def __init__(self, bus: Bus, scene: Scene, door: Door, base: str) -> None:
        self.door = door
        self._base = base
        self._bus, self._scene, self._clock = bus, scene, bus.clock
        self._files = page_files()
        self._looking: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        """All its addresses."""
        app = web.Application(middlewares=[self._guarded], client_max_size=MOST_BYTES)
        app.router.add_get("/", self._file)
        app.router.add_get("/login", self._file)
        app.router.add_post("/login", self._log_in)
        app.router.add_post("/logout", self._log_out)
        app.router.add_get("/stream", self._stream, allow_head=False)
        app.router.add_post("/ask", self._ask)
        app.router.add_get("/{name}", self._file)
        return app

    def close(self) -> None:
        """Everybody who looks is sent away."""
        for task in self._looking:
            task.cancel()

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nobody gets further than the door without a ticket, or from a page that is not ours."""
        try:
            answer = self._turned_away(request) or await handler(request)
        except web.HTTPException as error:
            answer = _told(error.status, error.reason)
        if not answer.prepared:
            answer.headers.update(HEADERS)
        metrics.PAGE_REQUESTS.labels(self._bus.account, f"{answer.status}").inc()
        return answer

    def _turned_away(self, request: web.Request) -> web.Response | None:
        origin = request.headers.get("Origin")
        if request.method != "GET" and origin is not None and origin.partition("://")[2] != request.host:
            return _told(403, "Ask from the page itself.")
        if self.door.is_open:
            return None if is_plain(request.host) else _told(403, "Ask for the page by its address, not by a name.")
        if request.path in FREE or self.door.knows(request.cookies.get(COOKIE, ""), self._clock.wall_ms()):
            return None
        return _elsewhere("/login") if request.path == "/" else _told(401, "Log in first.")

    async def _file(self, request: web.Request) -> web.Response:
        name = {"/": "page.html", "/login": "login.html"}.get(request.path, request.path.removeprefix("/"))
        file = self._files.get(name)
        if file is None:
            return _told(404, "There is nothing here.")
        return _served(file, request)

    async def _log_in(self, request: web.Request) -> web.Response:
        now_s = self._clock.monotonic()
        if self.door.is_pausing(now_s):
            return _elsewhere("/login#wait")
        if not self.door.fits(await _given(request), now_s):
            return _elsewhere("/login#wrong")
        answer = _elsewhere("/")
        ticket = self.door.ticket(self._clock.wall_ms())
        answer.set_cookie(COOKIE, ticket, max_age=LASTS_S, httponly=True, samesite="Strict", secure=request.secure)
        return answer

    async def _log_out(self, _: web.Request) -> web.Response:
        answer = _elsewhere("/login")
        answer.del_cookie(COOKIE)
        return answer

    async def _ask(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _told(415, "A wish is JSON.")
        try:
            wish = orjson.loads(await request.read())
            setting, value = wish["setting"], wish["value"]
        except (ValueError, KeyError, TypeError):
            setting = value = None
        if not (isinstance(setting, str) and isinstance(value, str)):
            return _told(400, 'A wish has a setting and a value, such as {"setting": "mode", "value": "auto"}.')
        answer = await ask(self._bus, self._scene, setting, value, self._clock)
        metrics.PAGE_WISHES.labels(self._bus.account, "granted" if answer.granted else "refused").inc()
        return _told(200 if answer.granted else 422, answer.text)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: all cards at first, then those that change, until whoever looks is gone."""
        if len(self._looking) >= MOST_LOOKING:
            return _told(503, "Too many look at the page already.")
        answer = web.StreamResponse(
            headers={**HEADERS, "Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await answer.prepare(request)
        telling = asyncio.create_task(self._tell(answer))
        self._looking.add(telling)
        metrics.PAGE_LOOKING.labels(self._bus.account).set(len(self._looking))
        try:
            await asyncio.wait({telling})
        finally:
            telling.cancel()
            self._looking.discard(telling)
            metrics.PAGE_LOOKING.labels(self._bus.account).set(len(self._looking))
        if not telling.cancelled() and (error := telling.exception()) is not None:
            raise error
        return answer

    async def _tell(self, answer: web.StreamResponse) -> None:
        known: dict[str, bytes] = {}
        told_s = float("-inf")
        async for _ in self._clock.every(LOOK_S):
            now_ms, now_s = self._clock.wall_ms(), self._clock.monotonic()
            fresh = cards(self._scene, now_ms, self._base)
            if fresh == known and now_s - told_s < QUIET_S:
                continue
            is_connected = b"true" if self._bus.ready.is_set() else b"false"
            changed = changes(known, fresh)
            event = b'data: {"now_ms":%d,"connected":%s,"cards":%s}\n\n' % (now_ms, is_connected, changed)
            try:
                async with self._clock.timeout(PATIENCE_S):
                    await answer.write(event)
            except (TimeoutError, ConnectionError):
                return
            known, told_s = fresh, now_s


async def _given(request: web.Request) -> str:
    """The password of a form; empty if it is none."""
    try:
        given = (await request.post()).get("password")
    except ValueError:
        return ""
    return given if isinstance(given, str) else ""


def _served(file: File, request: web.Request) -> web.Response:
    headers = {"ETag": file.mark, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match") == file.mark:
        return web.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=file.squeezed, content_type=file.kind, charset="utf-8", headers=headers)
    return web.Response(body=file.plain, content_type=file.kind, charset="utf-8", headers=headers)


def _told(status: int, text: str) -> web.Response:
    return web.json_response({"text": text}, status=status)


def _elsewhere(place: str) -> web.Response:
    return web.Response(status=303, headers={"Location": place})

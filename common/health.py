"""Whether a process does its work, for container health checks and Prometheus: `/healthz` and `/metrics`.

The answer comes from a thread of its own, so that a main loop that hangs is reported instead of waited for.
"""

import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson
from prometheus_client import make_wsgi_app

from common import metrics
from common.clock import Clock, SystemClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PERIODS_MISSED = 3
"""A main loop that has not turned for so many of its periods hangs."""
SHUTDOWN_SEEN_S = 0.1
"""How long an orderly stop waits for the endpoint, at most."""
WATCH_S: Final = 5.0
"""How often it is looked whether all loops of a service turn."""


class Turning(Protocol):
    """A loop that is never still for long."""

    @property
    def turned_s(self) -> float:
        """Monotonic instant at which it last went round."""


class Health:
    """What one service knows of its own state. Written by its loop, read by the endpoint's thread."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.connected: Callable[[], bool] = lambda: False
        self.last_error: str | None = None
        self._period_s = 10.0
        self._real = SystemClock()  # judged from outside, in real time, whatever time the service itself lives in
        self._turned_s = self._real.monotonic()
        self.trouble: str | None = None

    def turned(self, period_s: float) -> None:
        """The main loop has gone round, and will again within `period_s` real seconds."""
        self._period_s = period_s
        self._turned_s = self._real.monotonic()

    async def watch(self, clock: Clock, loops: Iterable[Turning], hangs_after_s: float) -> None:
        """For ever: the service turns as long as each of its loops does, none standing still for `hangs_after_s`."""
        async for _ in clock.every(WATCH_S):
            now_s = clock.monotonic()
            if all(now_s - each.turned_s < hangs_after_s for each in loops):
                self.turned(WATCH_S)

    def verdict(self) -> str | None:
        """What is wrong, or None."""
        still_s = self._real.monotonic() - self._turned_s
        if still_s > PERIODS_MISSED * self._period_s:
            return f"the main loop has not turned for {still_s:.0f} s"
        if not self.connected():
            return "not connected to the broker, or the self test has not passed"
        return self.trouble


class _Threaded(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128
    """Connections not yet taken; with the library's five, fifty at once make a health check wait for seconds."""

    def handle_error(self, *_: object) -> None:
        """Whoever hangs up in the middle of an answer is no event either."""


class _Quiet(WSGIRequestHandler):
    timeout = 5.0
    """Seconds for each word of a request; who says nothing may not hold a thread for ever."""

    def log_message(self, format: str, *args: object) -> None:
        """A scrape is no event."""


@contextmanager
def endpoint(host: str, port: int, services: Iterable[Health]) -> Iterator[int]:
    """Serve `/metrics` and `/healthz[?service]` while the block runs. Yields the port, also when `port` is 0."""
    server = make_server(host, port, _application(tuple(services)), server_class=_Threaded, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(SHUTDOWN_SEEN_S,), name="health", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _application(services: tuple[Health, ...]) -> "WSGIApplication":
    scrape = make_wsgi_app(metrics.REGISTRY)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            return list(scrape(environ, start_response))
        if path != "/healthz":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"/metrics or /healthz\n"]
        asked = environ.get("QUERY_STRING") or None
        verdicts = {health.service: health.verdict() for health in services if asked in (None, health.service)}
        well = bool(verdicts) and not any(verdicts.values())
        start_response("200 OK" if well else "503 Service Unavailable", [("Content-Type", "application/json")])
        return [orjson.dumps({"ok": well, "services": verdicts})]

    return answer

"""One question over HTTP: what of it may go wrong, and as what it comes out. Real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import orjson
import pytest
from aiohttp import web

from common.clock import Clock
from common.errors import DeviceError, DeviceLocked, DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from services.cli.ports import free_port
from services.tempo.device import MOST_BYTES, ask, basic

pytestmark = pytest.mark.virtual
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    """A server that answers everything alike. Yields its address."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, DeviceLocked),
        (403, DeviceLocked),
        (400, DeviceRefused),
        (404, DeviceRefused),
        (413, DeviceRefused),
        (204, DeviceRefused),
        (408, DeviceUnreachable),
        (429, DeviceUnreachable),
        (500, DeviceUnreachable),
        (503, DeviceUnreachable),
        (509, DeviceUnreachable),
    ],
)
async def test_a_status_says_whether_asking_again_helps(clock: Clock, status: int, error: type[DeviceError]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with server(answer) as url:
        with pytest.raises(error) as raised:
            await ask(f"{url}/x", clock)
    assert type(raised.value) is error
    assert str(status) in str(raised.value)


async def test_who_asks_says_so_and_wants_json(clock: Clock) -> None:
    async def answer(request: web.Request) -> web.Response:
        wanted = ("Accept", "User-Agent", "Authorization")
        return web.json_response([request.method, request.path_qs, *(request.headers.get(name) for name in wanted)])

    async with server(answer) as url:
        body = await ask(f"{url}/a?day%5B%5D=1&at=1%2B2", clock, basic("me", "secret"), "POST")
    method, path, accept, agent, who = orjson.loads(body)
    assert (method, path, accept) == ("POST", "/a?day%5B%5D=1&at=1%2B2", "application/json")
    assert agent.startswith("Mozilla/5.0 (compatible; Ballast/")
    assert who == "Basic bWU6c2VjcmV0"


def test_without_a_user_nobody_says_who_asks() -> None:
    assert basic(None, "secret") == {}
    assert basic("me", None) == {"Authorization": "Basic bWU6"}


async def test_a_server_that_says_nothing_is_given_up(clock: Clock) -> None:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with server(answer) as url:
        began_s = clock.monotonic()
        with pytest.raises(DeviceUnreachable, match="does not answer"):
            await ask(url, clock)
    assert clock.monotonic() - began_s == pytest.approx(10.0)


async def test_a_flood_is_not_swallowed(clock: Clock) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (MOST_BYTES + 1))

    async with server(answer) as url:
        with pytest.raises(DeviceUnintelligible, match="more than"):
            await ask(url, clock)


async def test_a_season_is_no_flood(clock: Clock) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * MOST_BYTES)

    async with server(answer) as url:
        assert len(await ask(url, clock)) == MOST_BYTES


async def test_where_nobody_listens_that_is_said(clock: Clock) -> None:
    with pytest.raises(DeviceUnreachable, match=r"127\.0\.0\.1:\d+ does not answer"):
        await ask(f"http://127.0.0.1:{free_port()}", clock)


@pytest.mark.parametrize("said", [b"rubbish\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n", b"\x00\xff" * 50, b""])
async def test_what_is_no_http_is_named(clock: Clock, said: bytes) -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    listening = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(DeviceError, match=f"127.0.0.1:{port} does not"):
            await ask(f"http://127.0.0.1:{port}", clock)


async def test_a_secret_is_in_no_error(clock: Clock) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=401)

    async with server(answer) as url:
        with pytest.raises(DeviceLocked) as raised:
            await ask(f"{url}/?token=secret", clock, basic("me", "secret"))
    assert "secret" not in str(raised.value)

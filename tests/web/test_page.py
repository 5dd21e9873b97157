"""The page over HTTP: who is let in, what is served, what streams, what becomes of a wish."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from common.clock import Clock
from common.contract import BATTERY_STATE, METER_STATE, SETTING, SETTING_REQUEST, BatteryState, MeterState
from common.memory_bus import MemoryBroker, MemoryBus
from services.web.page import MOST_LOOKING
from tests.web.visitor import Visitor, log_in, looking, visited, wish

FIRST_VIEW = ("/", "/page.css", "/page.js", "/words.js", "/asking.js", "/devices.js", "/order.js", "/icon.svg")


@pytest.fixture
async def bus(memory_broker: MemoryBroker, clock: Clock) -> MemoryBus:
    return memory_broker.plug("ems-web", "w0", clock)


@pytest.fixture
async def visitor(bus: MemoryBus) -> AsyncIterator[Visitor]:
    """Without a ticket."""
    async with visited(bus) as made:
        yield made


@pytest.fixture
async def guest(visitor: Visitor) -> Visitor:
    """With a ticket."""
    assert (await log_in(visitor)).status == 303
    return visitor


@pytest.fixture
async def house(memory_broker: MemoryBroker, clock: Clock) -> MemoryBus:
    """Somebody who measures, and grants every wish but one."""
    return memory_broker.plug("ems-balancer", "b0", clock)


@pytest.mark.parametrize("path", ["/page.html", "/page.js", "/stream", "/nothing"])
async def test_without_a_ticket_nothing_is_told(visitor: Visitor, path: str) -> None:
    answer = await visitor.get(path)
    assert (answer.status, await answer.json()) == (401, {"text": "Log in first."})
    assert (await visitor.post("/ask", json={"setting": "mode", "value": "off"})).status == 401


async def test_who_comes_without_one_is_shown_the_door(visitor: Visitor) -> None:
    answer = await visitor.get("/")
    assert (answer.status, answer.url.path) == (200, "/login")
    assert 'name="password"' in await answer.text()


async def test_the_password_opens_it_and_logging_out_closes_it(visitor: Visitor) -> None:
    answer = await log_in(visitor)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Max-Age=2592000"))
    assert (await visitor.get("/page.html")).status == 200
    await visitor.post("/logout")
    assert (await visitor.get("/page.html")).status == 401


async def test_a_wrong_password_is_said_and_guessing_is_slow(visitor: Visitor, clock: Clock) -> None:
    assert (await log_in(visitor, "wrong")).headers["Location"] == "/login#wrong"
    assert (await visitor.get("/page.html")).status == 401
    assert (await log_in(visitor)).headers["Location"] == "/login#wait", "the right one waits as well"
    await clock.sleep(1)
    assert (await log_in(visitor)).headers["Location"] == "/"


@pytest.mark.parametrize("body", [b"password=%ff", b"", b"\xff\xfe", b"password"])
async def test_rubbish_is_no_password(visitor: Visitor, body: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await visitor.post("/login", data=body, headers=kind, allow_redirects=False)
    assert answer.headers["Location"] == "/login#wrong"


async def test_the_page_of_somebody_else_cannot_ask(guest: Visitor) -> None:
    theirs = {"Origin": "http://evil.example"}
    answer = await guest.post("/ask", json={"setting": "mode", "value": "off"}, headers=theirs)
    assert answer.status == 403
    ours = {"Origin": f"http://{guest.host}:{guest.port}"}
    assert (await guest.post("/ask", json={}, headers=ours)).status == 400
    plain = await guest.post("/ask", data='{"setting": "mode", "value": "off"}', headers={"Content-Type": "text/plain"})
    assert plain.status == 415


async def test_an_open_page_answers_to_its_address_only(bus: MemoryBus) -> None:
    """A name may be pointed at this machine by anybody who owns it."""
    async with visited(bus, password="") as visitor:
        assert (await visitor.get("/")).status == 200
        assert (await visitor.get("/", headers={"Host": "evil.example"})).status == 403


async def test_the_first_view_is_small_and_trusts_nobody_else(guest: Visitor) -> None:
    size = 0
    for path in FIRST_VIEW:
        answer = await guest.get(path, headers={"Accept-Encoding": "identity"})
        assert answer.status == 200, path
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        body = await answer.text()
        size += len(body.encode())
        assert "//" not in body.replace("http://www.w3.org", "") or path.endswith(".js")
        assert "https:" not in body
    assert size < 50_000


async def test_a_browser_that_has_a_file_is_not_sent_it_again(guest: Visitor) -> None:
    plain = await guest.get("/page.css", headers={"Accept-Encoding": "identity"})
    again = await guest.get("/page.css", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    squeezed = await guest.get("/page.css", headers={"Accept-Encoding": "gzip"}, auto_decompress=False)
    assert gzip.decompress(await squeezed.read()) == await plain.read()


@pytest.mark.parametrize("path", ["/nothing", "/..%2fpage.py", "/static/page.css"])
async def test_there_is_nothing_else(guest: Visitor, path: str) -> None:
    assert (await guest.get(path)).status == 404


async def test_everything_comes_at_first_and_then_what_changed(guest: Visitor, house: MemoryBus, clock: Clock) -> None:
    await house.publish(METER_STATE.at("p1"), MeterState(power_w=100.0))
    await house.publish(BATTERY_STATE.at("garage"), BatteryState(power_w=50.0, soc_pct=60.0))
    await clock.sleep(0.1)
    async with looking(guest) as events, clock.timeout(3000):
        first = await anext(events)
        assert first["connected"] is True
        assert {"device/p1", "device/garage", "now", "settings"} <= first["cards"].keys()
        await house.publish(BATTERY_STATE.at("garage"), BatteryState(power_w=70.0, soc_pct=60.0))
        while "device/garage" not in (event := await anext(events))["cards"]:
            pass
        assert event["cards"]["device/garage"]["power_w"] == 70
        assert "device/p1" not in event["cards"]


async def test_who_looks_hears_something_even_when_nothing_happens(guest: Visitor, clock: Clock) -> None:
    async with looking(guest) as events, clock.timeout(3000):
        first, second = await anext(events), await anext(events)
        assert second["cards"] == {}
        assert second["now_ms"] - first["now_ms"] >= 10_000


async def test_not_everybody_can_look_at_once(guest: Visitor) -> None:
    streams = [await guest.get("/stream") for _ in range(MOST_LOOKING)]
    refused = await guest.get("/stream")
    assert (refused.status, await refused.json()) == (503, {"text": "Too many look at the page already."})
    for stream in streams:
        stream.close()


async def test_a_wish_is_answered(guest: Visitor, house: MemoryBus) -> None:
    async def grant() -> None:
        async for received in await house.listen(SETTING_REQUEST):
            await house.publish(SETTING.at("main", "mode"), received.payload.decode())

    granting = asyncio.create_task(grant())
    assert await wish(guest, "mode", "manual") == (200, "mode is now manual.")
    granting.cancel()
    status, text = await wish(guest, "mode", "off")
    assert status == 422
    assert "did not answer" in text


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"setting": 5, "value": "x"}', b'{"setting": "mode"}', b"\xff"])
async def test_what_is_no_wish_is_told_what_one_is(guest: Visitor, body: bytes) -> None:
    answer = await guest.post("/ask", data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 400
    assert '{"setting": "mode", "value": "auto"}' in (await answer.json())["text"]


async def test_a_wish_without_end_is_not_read(guest: Visitor) -> None:
    answer = await guest.post("/ask", data=b" " * 5000, headers={"Content-Type": "application/json"})
    assert answer.status == 413

"""The websocket of API v2."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from common.clock import Clock
from common.errors import DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.homewizard import NotOffered, Pairing, Pushed, TokenRevoked, V2Client, connect_v2
from common.homewizard.transport import Transport
from services.simulator.p1_meter import P1Fake

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


@asynccontextmanager
async def talking(talk: Talk, clock: Clock) -> AsyncIterator[V2Client]:
    """A client of a server that says what the test wants, over plain HTTP."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await socket.send_str('{"type":"authorization_requested","data":{"api_version":"2.2.0"}}')
        await socket.receive()
        await socket.send_str('{"type":"authorized"}')
        await talk(socket)
        return socket

    app = web.Application()
    app.router.add_get("/api/ws", serve)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = URL.build(scheme="http", host="127.0.0.1", port=runner.addresses[0][1])
    try:
        async with Transport(base, clock) as transport:
            yield V2Client(transport, "TOKEN")
    finally:
        await runner.cleanup()


async def for_ever(socket: web.WebSocketResponse) -> None:
    """Says nothing, not even a pong."""
    await asyncio.Event().wait()


async def test_measurements_are_pushed_with_the_instant_they_came(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    async with (
        connect_v2(fake.host, pairing, clock, port=fake.https_port) as device,
        device.stream("measurement") as stream,
    ):
        pushed = [await stream.next(5) for _ in range(5)]
    sent = fake.journal.of("push")
    assert [message.arrived_s for message in pushed if message] == [push.at_s for push in sent[:5]]
    assert {message.kind for message in pushed if message} == {"measurement"}


async def test_several_topics_come_through_one_line(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    async with (
        connect_v2(fake.host, pairing, clock, port=fake.https_port) as device,
        device.stream("system", "device", "measurement") as stream,
    ):
        kinds = [message.kind for _ in range(4) if (message := await stream.next(5))]
        await stream.send("system")
        answers = [message for _ in range(3) if (message := await stream.next(1)) and message.kind == "system"]
    assert set(kinds) == {"system", "device", "measurement"}
    assert answers


async def test_requests_go_on_beside_the_websocket(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device, device.stream("measurement"):
        assert (await device.measurement())["power_w"] == 500


async def test_a_revoked_token_is_told_before_anything_else(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    fake.revoke_tokens()
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        with pytest.raises(TokenRevoked):
            async with device.stream("measurement"):
                pass
    assert len(fake.journal.of("auth_failure", "GET /api/ws")) == 1


async def test_a_topic_nobody_knows_is_a_refusal(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    async with (
        connect_v2(fake.host, pairing, clock, port=fake.https_port) as device,
        device.stream("weather") as stream,
    ):
        with pytest.raises(DeviceRefused, match="unknown-subscription"):
            await stream.next(5)


async def test_firmware_without_a_websocket_says_so(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    fake.faults.absent.add("/api/ws")
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        with pytest.raises(NotOffered):
            async with device.stream("measurement"):
                pass


async def test_nothing_for_a_while_is_nothing(clock: Clock) -> None:
    async with talking(for_ever, clock) as device, device.stream() as stream:
        began_s = clock.monotonic()
        assert await stream.next(3) is None
        assert clock.monotonic() - began_s == pytest.approx(3)


async def test_a_line_that_does_not_answer_pings_is_dead_after_forty_seconds(clock: Clock) -> None:
    """homewizard.md 5.2: ping each 30 s, drop after 10 s without pong."""
    async with talking(for_ever, clock) as device, device.stream() as stream:
        began_s = clock.monotonic()
        with pytest.raises(DeviceUnreachable, match="ping"):
            await stream.next(100)
        assert clock.monotonic() - began_s == pytest.approx(40)


async def test_a_line_that_answers_pings_lives_and_pings_are_rare(clock: Clock) -> None:
    pings: list[float] = []

    async def answer(socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.PING:
                pings.append(clock.monotonic())
                await socket.pong(message.data)

    async with talking(answer, clock) as device, device.stream() as stream:
        assert await stream.next(100) is None
    assert pings == pytest.approx([30, 60, 90])


async def test_a_ping_of_the_device_is_answered(clock: Clock) -> None:
    answered = asyncio.Event()

    async def ping(socket: web.WebSocketResponse) -> None:
        await socket.ping(b"there?")
        message = await socket.receive()
        assert (message.type, message.data) == (WSMsgType.PONG, b"there?")
        answered.set()
        await asyncio.Event().wait()

    async with talking(ping, clock) as device, device.stream() as stream:
        assert await stream.next(1) is None
        assert answered.is_set()


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"data":1}', '{"type":5}', '{"type":"measurement","data":{"power_w":NaN}}']
)
async def test_one_message_without_sense_does_not_end_the_line(clock: Clock, text: str) -> None:
    """F14, F44."""

    async def babble(socket: web.WebSocketResponse) -> None:
        await socket.send_str(text)
        await socket.send_str('{"type":"measurement","data":{"power_w":1}}')
        await asyncio.Event().wait()

    async with talking(babble, clock) as device, device.stream() as stream:
        with pytest.raises(DeviceUnintelligible):
            await stream.next(5)
        message = await stream.next(5)
        assert message is not None
        assert message.data == {"power_w": 1}


async def test_a_message_of_a_megabyte_ends_the_line(clock: Clock) -> None:
    async def flood(socket: web.WebSocketResponse) -> None:
        await socket.send_str('{"type":"measurement","data":"' + "x" * 1_000_000 + '"}')

    async with talking(flood, clock) as device, device.stream() as stream:
        with pytest.raises(DeviceUnreachable):
            await stream.next(5)


async def test_a_slow_reader_keeps_the_newest_messages(clock: Clock) -> None:
    """I11: what waits is bounded."""

    async def hurry(socket: web.WebSocketResponse) -> None:
        await clock.sleep(0.5)
        for number in range(500):
            await socket.send_str(f'{{"type":"measurement","data":{number}}}')
        await asyncio.Event().wait()

    async with talking(hurry, clock) as device, device.stream() as stream:
        await clock.sleep(1)
        seen = [message.data async for message in taken(stream.next)]
    assert seen == list(range(500 - 64, 500))


async def taken(following: Callable[[float], Awaitable[Pushed | None]]) -> AsyncIterator[Pushed]:
    """Everything that waits."""
    while (message := await following(0.1)) is not None:
        yield message


async def test_a_device_that_closes_the_line_is_gone(clock: Clock) -> None:
    async def close(socket: web.WebSocketResponse) -> None:
        await socket.close()

    async with talking(close, clock) as device, device.stream() as stream:
        with pytest.raises(DeviceUnreachable, match="closed"):
            await stream.next(5)


async def test_leaving_does_not_wait_for_a_dead_device(clock: Clock) -> None:
    async with talking(for_ever, clock) as device:
        async with device.stream() as stream:
            await stream.next(1)
            began_s = clock.monotonic()
        assert clock.monotonic() - began_s < 0.1

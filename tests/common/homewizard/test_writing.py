"""Telling a device something, as the bridge of sockets and batteries will: once, and what it makes of it comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from aiohttp import web
from pydantic import JsonValue

from common.clock import Clock
from common.errors import DeviceRefused, DeviceUnintelligible
from common.homewizard import ApiOff, JsonObject, NotOffered, Pairing, V1Client, connect_v1, connect_v2
from services.simulator.p1_meter import BatteryGroup, P1Fake

STATE = "/api/v1/state"


class Socket:
    """A socket's relay with a lock, as far as v1 shows it."""

    def __init__(self) -> None:
        self.state: JsonObject = {"power_on": True, "switch_lock": False, "brightness": 255}
        self.bodies: list[bytes] = []
        self.answer: web.Response | None = None

    async def put(self, request: web.Request) -> web.Response:
        """`PUT /api/v1/state`: the reply holds only the keys that were sent."""
        self.bodies.append(await request.read())
        sent: JsonObject = orjson.loads(self.bodies[-1])
        wanted = self.state | sent
        if self.answer is not None:
            return self.answer
        if wanted["switch_lock"] and not wanted["power_on"]:
            return web.json_response({"error": {"id": 8, "description": "locked"}}, status=400)
        self.state = wanted
        return web.json_response(sent)

    async def get(self, request: web.Request) -> web.Response:
        """`GET /api/v1/state`."""
        return web.json_response(self.state)


@asynccontextmanager
async def connected(socket: Socket, clock: Clock) -> AsyncIterator[V1Client]:
    """A client of a socket."""
    app = web.Application()
    app.router.add_put(STATE, socket.put)
    app.router.add_get(STATE, socket.get)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with connect_v1("127.0.0.1", clock, port=runner.addresses[0][1]) as client:
            yield client
    finally:
        await runner.cleanup()


async def test_a_write_returns_what_the_device_made_of_it(clock: Clock) -> None:
    socket = Socket()
    async with connected(socket, clock) as client:
        assert await client.write(STATE, {"power_on": False}) == {"power_on": False}
        assert (await client.read(STATE))["power_on"] is False
    assert socket.bodies == [b'{"power_on":false}']


async def test_a_lock_is_a_refusal_and_is_not_tried_again(clock: Clock) -> None:
    """homewizard.md 3: off while the switch lock is on: 400 with id 8."""
    socket = Socket()
    async with connected(socket, clock) as client:
        await client.write(STATE, {"switch_lock": True})
        with pytest.raises(DeviceRefused, match="error 8"):
            await client.write(STATE, {"power_on": False})
    assert len(socket.bodies) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, b'{"error":{"id":202}}', ApiOff),
        (404, b"", NotOffered),
        (400, b'{"error":{"id":7}}', DeviceRefused),
        (200, b"<html>", DeviceUnintelligible),
        (200, b"[]", DeviceUnintelligible),
    ],
)
async def test_each_bad_answer_to_a_write_is_one_of_our_errors(
    clock: Clock, status: int, body: bytes, kind: type[Exception]
) -> None:
    socket = Socket()
    socket.answer = web.Response(status=status, body=body)
    async with connected(socket, clock) as client:
        with pytest.raises(kind):
            await client.write(STATE, {"power_on": False})
    assert len(socket.bodies) == 1


async def test_an_action_without_an_answer_is_done(clock: Clock) -> None:
    """homewizard.md 4: actions answer 204 without body."""
    socket = Socket()
    socket.answer = web.Response(status=204)
    async with connected(socket, clock) as client:
        assert await client.write(STATE, {}) == {}


@pytest.mark.parametrize("values", [{"permissions": []}, {"mode": "to_full"}])
async def test_batteries_are_steered_over_v2(fake: P1Fake, clock: Clock, pairing: Pairing, values: JsonValue) -> None:
    fake.batteries = BatteryGroup(battery_count=2)
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        echoed = await device.write("/api/batteries", values)
        assert await device.read("/api/batteries") == echoed
        async with device.stream("batteries") as stream:
            message = await stream.next(2)
    assert message is not None
    assert message.data == echoed


async def test_a_device_without_batteries_says_so(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    """homewizard.md 4: `/api/batteries` is 404 elsewhere, body not JSON."""
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        with pytest.raises(NotOffered):
            await device.read("/api/batteries")

"""The dongle's websocket: authorisation, subscriptions, pushes, and the ways in which a line can die."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import orjson
from aiohttp import WSMsgType, web
from pydantic import JsonValue

from services.simulator.p1_meter.dongle import Dongle
from services.simulator.p1_meter.faults import babbled
from services.simulator.p1_meter.payloads import JsonObject

AUTHORISE_S = 40.0
TOPICS = ("measurement", "system", "device", "user", "batteries")


@dataclass(eq=False)
class Subscriber:
    """One authorised websocket."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    topics: set[str] = field(default_factory=set)
    is_dead: bool = False
    """Half open: nothing is read from it or written to it any more, and nobody is told."""


class Streams:
    """Every websocket of one dongle."""

    def __init__(self, dongle: Dongle) -> None:
        self._dongle = dongle
        self._cached: JsonObject = {}
        self.open: set[Subscriber] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/ws`."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        subscriber = Subscriber(socket, request.transport)
        if await self._authorise(socket):
            self.open.add(subscriber)
            self._dongle.journal.note("stream_opened", "GET /api/ws")
            try:
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        await self._obey(subscriber, message.data)
            finally:
                self.open.discard(subscriber)
                self._dongle.journal.note("stream_closed", "GET /api/ws")
        await socket.close()
        return socket

    async def push(self) -> None:
        """Send the newest measurement to whoever subscribed to it."""
        if self._dongle.faults.stalled or (self._dongle.telegram is None and self._dongle.hears_a_meter):
            return
        for subscriber in tuple(self.open):
            if subscriber.topics & {"measurement", "*"}:
                with suppress(ConnectionError):  # it went while we were sending; its own handler cleans up
                    await self._send_measurement(subscriber, self._dongle.v2())

    def remember(self, measurement: JsonObject) -> None:
        """Keep a measurement, to replay it later."""
        self._cached = measurement

    def go_half_open(self) -> None:
        """Let every line die without a word."""
        for subscriber in self.open:
            subscriber.is_dead = True
            if subscriber.transport is not None:
                subscriber.transport.pause_reading()

    async def close_all(self) -> None:
        """Close every line in order, as before a reboot."""
        for subscriber in tuple(self.open):
            await subscriber.socket.close()

    async def _authorise(self, socket: web.WebSocketResponse) -> bool:
        await _send(socket, "authorization_requested", {"api_version": self._dongle.api_version})
        try:
            async with self._dongle.clock.timeout(AUTHORISE_S):
                message = await socket.receive()
        except TimeoutError:
            return False
        said = _understood(message.data)
        token = said.get("data") if said.get("type") == "authorization" else None
        if isinstance(token, str) and self._dongle.users.knows(token):
            await _send(socket, "authorized")
            return True
        self._dongle.journal.note("auth_failure", "GET /api/ws", 401)
        await _send(socket, "error", {"message": "user:unauthorized"})
        return False

    async def _obey(self, subscriber: Subscriber, text: str) -> None:
        said = _understood(text)
        kind, topic = said.get("type"), said.get("data")
        if kind == "subscribe" and isinstance(topic, str) and topic in (*TOPICS, "*"):
            subscriber.topics.add(topic)
            await self._send_current(subscriber, topic)
        elif kind == "unsubscribe" and isinstance(topic, str):
            subscriber.topics.discard(topic)
        elif isinstance(kind, str) and kind in TOPICS and topic is None:
            await self._send_current(subscriber, kind)
        else:
            reason = "request:unknown-subscription" if kind == "subscribe" else "request:unknown-type"
            await _send(subscriber.socket, "error", {"message": reason})

    async def _send_current(self, subscriber: Subscriber, topic: str) -> None:
        """A subscription is answered with the current value, or with an old one by a dongle that replays."""
        if topic == "measurement":
            faulty = self._dongle.faults.replays and self._cached
            await self._send_measurement(subscriber, self._cached if faulty else self._dongle.v2())
        elif topic == "device":
            await _send(subscriber.socket, topic, self._dongle.describe(self._dongle.api_version))
        elif topic == "system":
            await _send(subscriber.socket, topic, self._dongle.system())
        elif topic == "batteries" and (group := self._dongle.group) is not None:
            await _send(subscriber.socket, topic, group.told(self._dongle.api_version))

    async def _send_measurement(self, subscriber: Subscriber, document: JsonObject) -> None:
        if subscriber.is_dead or subscriber.socket.closed:
            return
        message: JsonObject = {"type": "measurement", "data": document}
        babble = self._dongle.faults.babble
        text = babbled(babble, message)[1] if babble else orjson.dumps(message)
        await subscriber.socket.send_str(text.decode())
        self._dongle.journal.note("push", "GET /api/ws", telegram=self._dongle.telegram)


async def _send(socket: web.WebSocketResponse, kind: str, data: JsonValue = None) -> None:
    message = {"type": kind} if data is None else {"type": kind, "data": data}
    await socket.send_str(orjson.dumps(message).decode())


def _understood(text: object) -> JsonObject:
    try:
        value = orjson.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

"""The only importer of aiomqtt: an account's connection to the broker, kept alive or given up on purpose.

What it guards against, each seen with a real broker:

- a zombie client that believes it is connected: three heartbeats without an answer drop it;
- a broker that forgot everything: what is retained is published again after each connect;
- rights that are refused silently: a round trip on our own self-test topic proves them at each connect;
- a backlog after a stall: only the newest message per topic is kept, in both directions;
- 88 ms per round trip: Nagle's algorithm is switched off.
"""

import asyncio
import logging
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from common import metrics
from common.cancellation import cancellations, heed
from common.clock import Clock, SystemClock
from common.config import BrokerSettings, MqttSettings, OtherBroker
from common.contract import MAX_PAYLOAD_BYTES, SELF_TEST, SERVICE_STATUS, leaf_name
from common.errors import BrokerLost
from common.log import Once
from common.messaging import Bus, Inbox, Outgoing, Received
from common.retry import backoff_s

HEARTBEAT_S: Final = 10.0
HEARTBEATS_LOST: Final = 3
SELF_TEST_S: Final = 5.0
BROKER_TIMEOUT_S: Final = 5.0
"""Real seconds the broker has to answer one packet; as many has our test message to come back."""
STEADY_S: Final = 60.0
"""A connection that did not last that long is one more failure: brokers that flap are not hammered."""
NO_DELAY: Final = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

log = logging.getLogger(__name__)


def account_name(base: str, service: str) -> str:
    """Client id, user name and `src`: `ems-p1`, or `site-17-ems-p1` below the base `site-17/ems`."""
    return f"{base.replace('/', '-')}-{service}"


def client(settings: BrokerSettings, user: str, identifier: str, will: aiomqtt.Will | None = None) -> aiomqtt.Client:
    """A connection that is not open yet. Raises OSError if the account's password file cannot be read."""
    password = _password(settings.password_dir / user) if settings.password_dir else None
    five = settings.protocol == 5
    made = aiomqtt.Client(
        settings.host,
        settings.port,
        identifier=identifier,
        username=user,
        password=password,
        protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
        clean_session=None if five else True,  # MQTT 5 has "clean start" instead, on by default for a new client
        will=will,
        timeout=BROKER_TIMEOUT_S,
        keepalive=settings.keepalive_s,
        max_inflight_messages=20,
        tls_context=ssl.create_default_context(cafile=str(settings.ca_file)) if settings.ca_file else None,
        socket_options=[NO_DELAY],
    )
    made.pending_calls_threshold = 1000
    return made


def _password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise OSError(f"{path} is no UTF-8 text") from error


@dataclass(frozen=True, slots=True)
class LastWill:
    """What the broker says in our name when it has lost us."""

    topic: str
    payload: str
    is_retained: bool = False
    delay_s: int = 0
    """MQTT 5: for a connection that comes back at once it is not said."""


class MqttBus(Bus):
    """One account at the broker. Use as `async with`: it connects in the background and reconnects for ever.

    With `lasting=False` it lives for one connection only and `lost` says when that is over; with `guest=True` it
    has a random client id, no will and no status, so that it takes nothing away from whoever has the account.
    """

    def __init__(
        self,
        settings: MqttSettings | OtherBroker,
        account: str,
        boot: str,
        clock: Clock,
        *,
        lasting: bool = True,
        guest: bool = False,
    ) -> None:
        super().__init__(account, boot, clock)
        self._settings: BrokerSettings = settings
        self._prefix = f"{settings.base}/" if isinstance(settings, MqttSettings) else ""
        self._user = (settings.user if isinstance(settings, OtherBroker) else None) or account
        self._label = account
        self._lasting = lasting
        self._guest = guest
        self._beats = not guest
        self._client: aiomqtt.Client | None = None
        self._status = SERVICE_STATUS.at(account)
        self._retained: dict[str, Outgoing] = {}
        self._outbox: dict[str, Outgoing] = {}
        self._posted = asyncio.Event()
        self._echoed = asyncio.Event()
        self._token = secrets.token_hex(8)
        self._word = b"online"
        self._troubles = Once(log)
        self._keeper: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()
        """Set when a bus that is not lasting has no connection any more."""
        self.why = ""
        """Why such a bus was lost."""
        self.reconnects = 0

    async def __aenter__(self) -> Self:
        self._keeper = asyncio.create_task(self._keep())
        self._keeper.add_done_callback(lambda _: self.lost.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say `offline` (a clean disconnect sends no will) and leave."""
        assert self._keeper is not None
        self._word = b"offline"
        try:
            if self._client is not None and not self._guest:
                await self._flush()
                await self._say_status()
        except aiomqtt.MqttError as error:
            log.info("%s: could not say goodbye to the broker: %s", self._label, error)
        finally:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def hold(self) -> None:
        """For ever; raises what nobody expected to end the connection's keeping."""
        assert self._keeper is not None
        await asyncio.shield(self._keeper)

    @property
    def queued(self) -> int:
        return super().queued + len(self._outbox)

    async def _send(self, outgoing: Outgoing, confirmed: bool) -> None:
        leaf = outgoing.leaf
        if leaf.retain:
            self._retained[outgoing.name] = outgoing
            self._outbox.pop(outgoing.name, None)
        if leaf.retain and leaf.qos == 1 and not confirmed:
            self._outbox[outgoing.name] = outgoing
            self._posted.set()
            return
        try:
            await self._hand_over(outgoing)
        except aiomqtt.MqttError as error:
            if confirmed or not leaf.retain:
                raise BrokerLost(f"{outgoing.name}: {error}") from error

    async def _hand_over(self, outgoing: Outgoing) -> None:
        """Give one message to the broker and, for QoS 1, wait for its receipt."""
        if self._client is None:
            raise aiomqtt.MqttError("not connected")
        leaf = outgoing.leaf
        await self._answer(
            self._client.publish(
                f"{self._prefix}{outgoing.name}",
                outgoing.payload,
                qos=leaf.qos,
                retain=leaf.retain,
                properties=self._expiry(leaf.expiry_s if outgoing.payload else None),
            )
        )
        metrics.MESSAGES.labels(self._label, "out", leaf_name(outgoing.name)).inc()
        if leaf.retain and not outgoing.payload and self._retained.get(outgoing.name) is outgoing:
            del self._retained[outgoing.name]

    def _expiry(self, seconds: int | None) -> Properties | None:
        if seconds is None or self._settings.protocol != 5:
            return None
        return _properties(PacketTypes.PUBLISH, MessageExpiryInterval=seconds)

    async def _subscribe(self, inbox: Inbox) -> None:
        if self._client is not None:
            try:
                await self._subscribe_to(self._client, [source.filter for source in inbox.sources])
            except aiomqtt.MqttError as error:
                log.info("%s: subscribing waits for the next connection: %s", self._label, error)

    async def _subscribe_to(self, connected: aiomqtt.Client, filters: list[str]) -> None:
        if filters:
            await self._answer(connected.subscribe([(f"{self._prefix}{name}", 1) for name in filters], qos=1))

    async def _answer(self, call: Awaitable[object]) -> None:
        """Wait for the broker, and heed a cancellation that comes with its answer."""
        known = cancellations()
        with self.clock.busy():
            await call
        heed(known)

    async def _keep(self) -> None:
        """Connect, stay, reconnect with back-off."""
        failures = 0
        while True:
            began_s = self.clock.monotonic()
            why = await asyncio.create_task(self._one_connection())
            heed()
            if not self._lasting:
                self.why = why
                log.info("%s: the connection is over: %s", self._label, why)
                return
            failures = 1 if self.clock.monotonic() - began_s > STEADY_S else failures + 1
            pause_s = backoff_s(failures, 1.0, 30.0)
            log.warning("%s: no broker at %s:%d (%s); next try in %.0f s", self._label, *self._address, why, pause_s)
            await self.clock.sleep(pause_s)

    async def _one_connection(self) -> str:
        """Hold one connection until it ends. Returns why it did, in words: an exception would keep its socket."""
        why = ""
        try:
            async with self._connected() as connected:
                await self._stay(connected)
        except* (aiomqtt.MqttError, OSError) as group:
            why = str(_first(group)) or repr(_first(group))
        if self.ready.is_set():
            self.reconnects += 1
            metrics.RECONNECTS.labels(self._label).inc()
        self.ready.clear()
        return why

    @property
    def _address(self) -> tuple[str, int]:
        return self._settings.host, self._settings.port

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiomqtt.Client]:
        opening = client(self._settings, self._user, self._identifier(), self._will())
        entering, ended = asyncio.ensure_future(opening.__aenter__()), opening._disconnected
        try:
            with self.clock.busy():
                await asyncio.shield(entering)
            self._client = opening
            yield opening
        finally:
            self._client = None
            metrics.CONNECTED.labels(self._label).set(0)
            await _leave(opening, entering)
            for end in (ended, opening._disconnected):  # aiomqtt swaps it; whoever looks at neither gets a traceback
                if end.done() and not end.cancelled():
                    end.exception()

    def _identifier(self) -> str:
        return f"{self.account}-{secrets.token_hex(4)}" if self._guest else self.account

    def _last_will(self) -> LastWill | None:
        return None if self._guest else LastWill(f"{self._prefix}{self._status.name}", "offline", True, 5)

    def _will(self) -> aiomqtt.Will | None:
        will = self._last_will()
        if will is None:
            return None
        delay = None
        if will.delay_s and self._settings.protocol == 5:
            delay = _properties(PacketTypes.WILLMESSAGE, WillDelayInterval=will.delay_s)
        return aiomqtt.Will(will.topic, will.payload.encode(), qos=1, retain=will.is_retained, properties=delay)

    async def _stay(self, connected: aiomqtt.Client) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump(connected))
            tasks.create_task(self._greet_and_beat(connected))

    async def _pump(self, connected: aiomqtt.Client) -> None:
        """Move every message into the inboxes at once: aiomqtt's own queue knows no bound."""
        async for message in connected.messages:
            if not message.topic.value.startswith(self._prefix):
                continue
            name, payload = message.topic.value.removeprefix(self._prefix), message.payload
            if len(payload) > MAX_PAYLOAD_BYTES:
                self.reject("oversize")
                payload = payload[: MAX_PAYLOAD_BYTES + 1]
            await self._take(Received(name, payload, bool(message.retain), self.clock.monotonic()))

    async def _take(self, received: Received) -> None:
        if received.topic == SELF_TEST.at(self.account).name and received.payload == self._token.encode():
            self._echoed.set()
        elif received.topic == self._status.name:
            await self._watch_own_status(received.payload)
        else:
            metrics.MESSAGES.labels(self._label, "in", leaf_name(received.topic)).inc()
            self._deliver(received)

    async def _watch_own_status(self, payload: bytes) -> None:
        """An old session's late will may say that we are offline; we know better."""
        if payload == b"offline" != self._word and self.ready.is_set():
            await self._send(self._our_status(), confirmed=False)

    async def _greet_and_beat(self, connected: aiomqtt.Client) -> None:
        filters = [source.filter for inbox in self._inboxes for source in inbox.sources]
        own = [] if self._guest else [self._status.name, SELF_TEST.at(self.account).name]
        await self._subscribe_to(connected, own + filters)
        if not self._guest:
            await self._prove_rights()
        metrics.CONNECTED.labels(self._label).set(1)
        self.ready.set()
        self._outbox = dict(self._retained)
        self._posted.set()
        log.info("%s: connected to the broker at %s:%d", self._label, *self._address)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._empty_outbox())
            if self._beats:
                tasks.create_task(self._beat())

    async def _prove_rights(self) -> None:
        """Send ourselves a word. A refused right looks like success until nothing comes back."""
        self._echoed.clear()
        await self._hand_over(Outgoing(SELF_TEST.at(self.account).name, self._token.encode(), SELF_TEST))
        try:
            with self.clock.busy():
                async with SystemClock().timeout(SELF_TEST_S):
                    await self._echoed.wait()
        except TimeoutError:
            text = f"connected, but our own test message never came back: has {self.account} its rights in the ACL?"
            raise aiomqtt.MqttError(text) from None

    async def _beat(self) -> None:
        """Prove that the broker is there; one that does not answer three times in a row is as good as gone."""
        lost = 0
        async for _ in self.clock.every(HEARTBEAT_S):
            try:
                await self._prove_alive()
                lost = 0
            except aiomqtt.MqttError as error:
                lost += 1
                self._troubles.trouble("heartbeat", "%s: the broker does not answer: %s", self._label, error)
                if lost >= HEARTBEATS_LOST:
                    raise
            else:
                self._troubles.over("heartbeat", "%s: the broker answers again", self._label)

    async def _prove_alive(self) -> None:
        """Re-assert our status, and have its receipt."""
        await self._say_status()

    def _our_status(self) -> Outgoing:
        return Outgoing(self._status.name, self._word, SERVICE_STATUS)

    async def _say_status(self) -> None:
        await self._hand_over(self._our_status())

    async def _empty_outbox(self) -> None:
        """Send retained messages one by one, always the newest of each topic."""
        while True:
            await self._flush()
            self._posted.clear()
            await self._posted.wait()

    async def _flush(self) -> None:
        while self._outbox:
            name = next(iter(self._outbox))
            outgoing = self._outbox.pop(name)
            try:
                await self._hand_over(outgoing)
            except aiomqtt.MqttError:
                self._outbox.setdefault(name, outgoing)
                raise


async def _leave(opened: aiomqtt.Client, entering: "asyncio.Future[aiomqtt.Client]") -> None:
    """Leave nothing open: aiomqtt keeps its socket when connecting fails, and connects in a thread nobody can stop."""
    await asyncio.wait({entering})
    if not entering.cancelled() and entering.exception() is None:
        with suppress(aiomqtt.MqttError):
            await opened.__aexit__(None, None, None)
    opened._client.disconnect()


def _properties(packet: int, **values: int) -> Properties:
    made = Properties(packet)  # type: ignore[no-untyped-call]  # paho leaves this constructor untyped
    for name, value in values.items():
        setattr(made, name, value)
    return made


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first plain exception inside nested groups."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner

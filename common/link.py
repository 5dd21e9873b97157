"""The only importer of aiomqtt: one connection to a broker, from its opening until nothing of it is left.

A failure of the broker, whatever it is, comes out as BrokerLost. Nagle's algorithm, which costs 88 ms per round trip,
is switched off.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import aiomqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from common.cancellation import cancellations, heed
from common.clock import Clock, SystemClock
from common.config import BrokerSettings, OtherBroker
from common.errors import BrokerLost, BrokerRefused

BROKER_TIMEOUT_S: Final = 5.0
"""Real seconds the broker has to answer one packet."""
LOOKS_PER_KEEPALIVE: Final = 4
"""A broker waits for one and a half of them: a ping that comes a quarter late is still in time."""
NO_DELAY: Final = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
REFUSALS: Final = frozenset({4, 5, 134, 135})
"""Codes of a CONNACK: bad name or password, not authorised; in MQTT 3.1.1 and in 5."""


@dataclass(frozen=True, slots=True)
class LastWill:
    """What the broker says in our name when it has lost us."""

    topic: str
    payload: str
    is_retained: bool = False
    delay_s: int = 0
    """MQTT 5: for a connection that comes back at once it is not said."""


def client(settings: BrokerSettings, user: str, identifier: str, will: LastWill | None = None) -> aiomqtt.Client:
    """A connection that is not open yet. Raises OSError if the account's password file cannot be read."""
    five = settings.protocol == 5
    made = _Client(
        settings.host,
        settings.port,
        identifier=identifier,
        username=user,
        password=_password(settings, user),
        protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
        clean_session=None if five else True,  # MQTT 5 has "clean start" instead, on by default for a new client
        will=_testament(will, five=five) if will is not None else None,
        timeout=BROKER_TIMEOUT_S,
        keepalive=settings.keepalive_s,
        max_inflight_messages=20,
        tls_context=_tls(settings),
        socket_options=[NO_DELAY],
    )
    made.pending_calls_threshold = 1000
    return made


class _Client(aiomqtt.Client):
    """aiomqtt's looks after its keepalive each second: ten of them would never let a small machine rest."""

    async def _misc_loop(self) -> None:
        while self._client.loop_misc() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            await SystemClock().sleep(self._keepalive / LOOKS_PER_KEEPALIVE)


class Link:
    """An open connection."""

    def __init__(self, client: aiomqtt.Client, clock: Clock, *, five: bool) -> None:
        self._client = client
        self._clock = clock
        self._five = five

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool, expiry_s: int | None) -> None:
        """Give one message to the broker and, for QoS 1, wait for its receipt. `expiry_s` counts in MQTT 5 only."""
        properties = None
        if expiry_s is not None and self._five:
            properties = _expiring(expiry_s)
        await self._answer(self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties))

    async def subscribe(self, *filters: str) -> None:
        """Have what matches any of these delivered."""
        if filters:
            await self._answer(self._client.subscribe([(name, 1) for name in filters], qos=1))

    async def unsubscribe(self, name: str) -> None:
        """Take a subscription back."""
        await self._answer(self._client.unsubscribe(name))

    async def messages(self) -> AsyncGenerator[tuple[str, bytes, bool], None]:
        """Topic, payload and whether it was retained, as they come, until the connection is lost."""
        with _translated():
            async for message in self._client.messages:
                yield message.topic.value, message.payload, bool(message.retain)

    async def _answer(self, call: Awaitable[object]) -> None:
        """Wait for the broker, and heed a cancellation that comes with its answer."""
        known = cancellations()
        with self._clock.busy(), _translated():
            await call
        heed(known)


@asynccontextmanager
async def linked(
    settings: BrokerSettings, user: str, identifier: str, clock: Clock, will: LastWill | None
) -> AsyncIterator[Link]:
    """An open connection for the block. Raises BrokerLost, or OSError as `client` does."""
    opening = client(settings, user, identifier, will)
    entering, ended = asyncio.ensure_future(opening.__aenter__()), opening._disconnected
    try:
        with clock.busy(), _translated():
            await asyncio.shield(entering)
        yield Link(opening, clock, five=settings.protocol == 5)
    finally:
        await _leave(opening, entering)
        for end in (ended, opening._disconnected):  # aiomqtt swaps it; whoever looks at neither gets a traceback
            if end.done() and not end.cancelled():
                end.exception()


async def _leave(opened: aiomqtt.Client, entering: "asyncio.Future[aiomqtt.Client]") -> None:
    """Leave nothing open: aiomqtt keeps its socket when connecting fails, and connects in a thread nobody can stop."""
    await asyncio.wait({entering})
    if not entering.cancelled() and entering.exception() is None:
        with suppress(aiomqtt.MqttError):
            await opened.__aexit__(None, None, None)
    opened._client.disconnect()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except aiomqtt.MqttError as error:
        raise _lost(error) from error


def _lost(error: aiomqtt.MqttError) -> BrokerLost:
    text = str(error) or repr(error)
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        return BrokerRefused(text, is_stranger=True)
    code = error.rc if isinstance(error, aiomqtt.exceptions.MqttConnectError) else None
    number = code.value if isinstance(code, ReasonCode) else code
    return BrokerRefused(text, is_stranger=False) if number in REFUSALS else BrokerLost(text)


class _Shaken(ssl.SSLSocket):
    """A socket that does not stay open when the other side is not to be trusted; paho would forget it so."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _tls(settings: BrokerSettings) -> ssl.SSLContext | None:
    if isinstance(settings, OtherBroker) and settings.certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # this certificate is trusted, not what it could sign
        context.load_verify_locations(settings.certificate)
    elif settings.ca_file:
        context = ssl.create_default_context(cafile=str(settings.ca_file))
    else:
        return None
    context.sslsocket_class = _Shaken
    return context


def _password(settings: BrokerSettings, user: str) -> str | None:
    if isinstance(settings, OtherBroker) and settings.password is not None:
        return settings.password
    return _kept_password(settings.password_dir / user) if settings.password_dir else None


def _kept_password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise OSError(f"{path} is no UTF-8 text") from error


def _testament(will: LastWill, *, five: bool) -> aiomqtt.Will:
    delay = _properties(PacketTypes.WILLMESSAGE, WillDelayInterval=will.delay_s) if will.delay_s and five else None
    return aiomqtt.Will(will.topic, will.payload.encode(), qos=1, retain=will.is_retained, properties=delay)


@cache
def _expiring(expiry_s: int) -> Properties:
    """Made once per length: there are as many as leaves, and paho only reads them."""
    return _properties(PacketTypes.PUBLISH, MessageExpiryInterval=expiry_s)


def _properties(packet: int, **values: int) -> Properties:
    made = Properties(packet)  # type: ignore[no-untyped-call]  # paho leaves this constructor untyped
    for name, value in values.items():
        setattr(made, name, value)
    return made

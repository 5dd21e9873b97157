"""An account at the broker: its connection, kept alive or given up on purpose, and what it has said.

What it guards against, each seen with a real broker:

- a zombie client that believes it is connected: three heartbeats without an answer drop it;
- a broker that forgot everything: what is retained is published again after each connect;
- rights that are refused silently: a round trip on our own self-test topic proves them at each connect;
- a backlog after a stall: only the newest message per topic is kept, in both directions.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Final, Self

from common import metrics
from common.cancellation import heed
from common.clock import Clock, SystemClock
from common.config import BrokerSettings, MqttSettings, OtherBroker
from common.contract import MAX_PAYLOAD_BYTES, SELF_TEST, SERVICE_STATUS, leaf_name
from common.errors import BrokerLost, BrokerRefused
from common.link import LastWill, Link, linked
from common.log import Once
from common.messaging import Bus, Inbox, Outgoing, Received
from common.outbox import Outbox
from common.retry import backoff_s

HEARTBEAT_S: Final = 10.0
HEARTBEATS_LOST: Final = 3
SELF_TEST_S: Final = 5.0
"""Real seconds our test message has to come back."""
WILL_DELAY_S: Final = 5
"""With MQTT 5 a service that comes back within this time was never offline."""
STEADY_S: Final = 60.0
"""A connection that did not last that long is one more failure: brokers that flap are not hammered."""
log = logging.getLogger(__name__)


def account_name(base: str, service: str) -> str:
    """Client id, user name and `src`: `ems-p1`, or `site-17-ems-p1` below the base `site-17/ems`."""
    return f"{base.replace('/', '-')}-{service}"


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
        self._pauses_s = self._refused_pauses_s = (1.0, 30.0)
        self._link: Link | None = None
        self._status = SERVICE_STATUS.at(account)
        self._outbox = Outbox(self._hand_over)
        self._echoed = asyncio.Event()
        self._token = secrets.token_hex(8)
        self._word = b"online"
        self._troubles = Once(log)
        self._keeper: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()
        """Set when a bus that is not lasting has no connection any more."""
        self.why = ""
        """Why such a bus was lost."""
        self.refusal: BrokerRefused | None = None
        """What the broker says against us; None while it lets us in, or has said nothing."""
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
            if self._link is not None and not self._guest:
                await self._outbox.flush()
                await self._say_status()
        except BrokerLost as error:
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
        waits = leaf.retain and leaf.qos == 1 and not confirmed
        if leaf.retain:
            self._outbox.keep(outgoing, waits=waits)
        if waits:
            return
        try:
            await self._hand_over(outgoing)
        except BrokerLost as error:
            if confirmed or not leaf.retain:
                raise BrokerLost(f"{outgoing.name}: {error}") from error

    async def _hand_over(self, outgoing: Outgoing) -> None:
        """Give one message to the broker and, for QoS 1, wait for its receipt."""
        if self._link is None:
            raise BrokerLost("not connected")
        leaf = outgoing.leaf
        await self._link.publish(
            f"{self._prefix if leaf.below_base else ''}{outgoing.name}",
            outgoing.payload,
            qos=leaf.qos,
            retain=leaf.retain,
            expiry_s=leaf.expiry_s if outgoing.payload else None,
        )
        metrics.MESSAGES.labels(self._label, "out", leaf_name(outgoing.name)).inc()
        self._outbox.sent(outgoing)

    async def _subscribe(self, inbox: Inbox) -> None:
        if self._link is not None:
            try:
                await self._link.subscribe(*self._filters(inbox))
            except BrokerLost as error:
                log.info("%s: subscribing waits for the next connection: %s", self._label, error)

    def _filters(self, *inboxes: Inbox) -> list[str]:
        return [f"{self._prefix}{source.filter}" for inbox in inboxes for source in inbox.sources]

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
            pause_s = backoff_s(failures, *(self._pauses_s if self.refusal is None else self._refused_pauses_s))
            log.warning("%s: no broker at %s:%d (%s); next try in %.0f s", self._label, *self._address, why, pause_s)
            await self.clock.sleep(pause_s)

    async def _one_connection(self) -> str:
        """Hold one connection until it ends. Returns why it did, in words: an exception would keep its socket."""
        why = ""
        try:
            async with self._connected() as link:
                await self._stay(link)
        except* (BrokerLost, OSError) as group:
            first = _first(group)
            why = str(first) or repr(first)
            self.refusal = first if isinstance(first, BrokerRefused) else None
        if self.ready.is_set():
            self.reconnects += 1
            metrics.RECONNECTS.labels(self._label).inc()
        self.ready.clear()
        return why

    @property
    def _address(self) -> tuple[str, int]:
        return self._settings.host, self._settings.port

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Link]:
        connected = metrics.CONNECTED.labels(self._label)
        connected.set(0)
        async with linked(self._settings, self._user, self._identifier(), self.clock, self._last_will()) as link:
            self._link = link
            try:
                yield link
            finally:
                self._link = None
                connected.set(0)

    def _identifier(self) -> str:
        return f"{self.account}-{secrets.token_hex(4)}" if self._guest else self.account

    def _last_will(self) -> LastWill | None:
        return None if self._guest else LastWill(f"{self._prefix}{self._status.name}", "offline", True, WILL_DELAY_S)

    async def _stay(self, link: Link) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump(link))
            tasks.create_task(self._greet_and_beat(link))

    async def _pump(self, link: Link) -> None:
        """Move every message into the inboxes at once: aiomqtt's own queue knows no bound."""
        async with aclosing(link.messages()) as messages:
            async for topic, payload, is_retained in messages:
                if topic.startswith(self._prefix):
                    name, arrived_s = topic.removeprefix(self._prefix), self.clock.monotonic()
                    await self._take(Received(name, self._bounded(payload), is_retained, arrived_s))

    def _bounded(self, payload: bytes) -> bytes:
        """No more of it than shows that it is too long."""
        if len(payload) > MAX_PAYLOAD_BYTES:
            self.reject("oversize")
        return payload[: MAX_PAYLOAD_BYTES + 1]

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

    async def _greet_and_beat(self, link: Link) -> None:
        own = () if self._guest else (self._status.name, SELF_TEST.at(self.account).name)
        await link.subscribe(*(f"{self._prefix}{name}" for name in own), *self._filters(*self._inboxes))
        if not self._guest:
            await self._prove_rights()
        metrics.CONNECTED.labels(self._label).set(1)
        self.refusal = None
        self.ready.set()
        self._outbox.begin_anew()
        log.info("%s: connected to the broker at %s:%d", self._label, *self._address)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._outbox.run())
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
            raise BrokerLost(text) from None

    async def _beat(self) -> None:
        """Prove that the broker is there; one that does not answer three times in a row is as good as gone."""
        lost = 0
        async for _ in self.clock.every(HEARTBEAT_S):
            try:
                await self._prove_alive()
                lost = 0
            except BrokerLost as error:
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


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first plain exception inside nested groups."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner

"""Publish and listen, in the contract's words; what carries the messages is somebody else's business.

`Bus` is what services are written against. `common/bus.py` carries it over MQTT, `common/memory_bus.py` inside
one process for replays and tests.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from common import metrics
from common.clock import Clock
from common.contract import Envelope, Leaf, Payload, Topic, decode, encode
from common.errors import MessageRejected
from common.sequence import Mark, gap, judge

M = TypeVar("M", bound=Payload | str)
M_co = TypeVar("M_co", bound=Payload | str, covariant=True)
Observer = Callable[[str, Payload | str, Envelope], None]


def both(one: Observer, other: Observer) -> Observer:
    """Two who want to be told."""

    def tell(name: str, body: Payload | str, envelope: Envelope) -> None:
        one(name, body, envelope)
        other(name, body, envelope)

    return tell


MAX_LANES = 2000
"""Topics an inbox holds at once. A house has less than 200; strangers cannot make it grow further."""
MAX_WAITING_BYTES = 4 * 1024 * 1024
"""Payloads an inbox holds at once, of all topics together."""


class Source(Protocol):
    """What can be listened to: a topic, or a family of them."""

    @property
    def filter(self) -> str:
        """What to subscribe to."""

    def matches(self, name: str) -> bool:
        """Whether a message on this topic is meant."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came, not yet judged."""

    topic: str
    """Below the site's base; whole for topics of other programs."""
    payload: bytes
    retained: bool
    arrived_s: float
    """On our monotonic clock."""


@dataclass(frozen=True, slots=True)
class Message(Generic[M_co]):
    """One message that may be used."""

    topic: str
    body: M_co
    envelope: Envelope | None
    """None for a plain scalar."""
    retained: bool
    arrived_s: float

    @property
    def id(self) -> str:
        """The second level: the device, service or instance it is about."""
        return self.topic.split("/")[1]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, ready for the wire."""

    name: str
    payload: bytes
    leaf: Leaf[Payload | str]


class Inbox:
    """The newest message per lane, in order of arrival: whoever is slow skips states, and never gets a backlog."""

    def __init__(self, sources: tuple[Source, ...], lane: Callable[[Received], str], wanted: Callable[[str], bool]):
        self.sources = sources
        self._lane = lane
        self._wanted = wanted
        self._waiting: dict[str, Received] = {}
        self._bytes = 0
        self._filled = asyncio.Event()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, received: Received) -> None:
        """Take a message if it is meant for this inbox; a newer one in the same lane replaces the older."""
        if not (any(source.matches(received.topic) for source in self.sources) and self._wanted(received.topic)):
            return
        lane = self._lane(received)
        self._pop(lane)
        if len(self._waiting) >= MAX_LANES or self._bytes + len(received.payload) > MAX_WAITING_BYTES:
            self.dropped += 1
            return
        self._waiting[lane] = received
        self._bytes += len(received.payload)
        self._filled.set()

    def take(self) -> Received | None:
        """The oldest waiting message, or None."""
        if not self._waiting:
            self._filled.clear()
            return None
        return self._pop(next(iter(self._waiting)))

    def _pop(self, lane: str) -> Received | None:
        received = self._waiting.pop(lane, None)
        self._bytes -= len(received.payload) if received else 0
        return received

    async def next(self) -> Received:
        """The oldest waiting message; waits for one."""
        while (received := self.take()) is None:
            await self._filled.wait()
        return received

    async def __aiter__(self) -> AsyncIterator[Received]:
        while True:
            yield await self.next()


class Bus(ABC):
    """One account's typed publish and subscribe. Stamps what goes out, judges what comes in."""

    def __init__(self, account: str, boot: str, clock: Clock) -> None:
        self.account = account
        self.boot = boot
        self.clock = clock
        self.ready = asyncio.Event()
        """Set while messages can be exchanged."""
        self.rejected = 0
        self.observer: Observer = lambda name, body, envelope: None
        """Told of everything published: for metrics."""
        self._seq: dict[str, int] = {}
        self._inboxes: list[Inbox] = []

    @abstractmethod
    async def _send(self, outgoing: Outgoing, confirmed: bool) -> None:
        """Hand one message on. Raises BrokerLost if it must not be late and could not be, or not be confirmed."""

    @abstractmethod
    async def _subscribe(self, inbox: Inbox) -> None:
        """Have the inbox's messages delivered to `_deliver`."""

    async def publish(
        self, topic: Topic[M], body: M, measured_ms: int | None = None, *, confirmed: bool = False
    ) -> Envelope:
        """Publish `body`, measured at `measured_ms` (UTC ms, default now). Returns the envelope it travels in.

        What is retained is remembered and sent when the broker is there; an event that cannot be sent now
        raises BrokerLost, because late is worse than never. So does anything whose receipt is to be `confirmed`.
        """
        seq = self._seq.get(topic.name, 0)
        self._seq[topic.name] = seq + 1
        ts_ms = self.clock.wall_ms() if measured_ms is None else measured_ms
        envelope = Envelope(v=1, ts_ms=ts_ms, seq=seq, boot=self.boot, src=self.account)
        self.observer(topic.name, body, envelope)
        await self._send(Outgoing(topic.name, encode(envelope, body), topic.leaf), confirmed)
        return envelope

    async def clear(self, topic: Topic[Payload | str]) -> None:
        """Take back what is retained on a topic."""
        await self._send(Outgoing(topic.name, b"", topic.leaf), confirmed=False)

    async def listen(
        self,
        *sources: Source,
        lane: Callable[[Received], str] = lambda received: received.topic,
        wanted: Callable[[str], bool] = lambda topic: True,
    ) -> Inbox:
        """Open an inbox for topics or whole families. `wanted` says by name which of them are let in."""
        inbox = Inbox(sources, lane, wanted)
        self._inboxes.append(inbox)
        await self._subscribe(inbox)
        return inbox

    def reject(self, reason: str) -> None:
        """Count a message that may not be used."""
        self.rejected += 1
        metrics.REJECTED.labels(self.account, reason).inc()

    @property
    def queued(self) -> int:
        """Messages that came and were not yet taken."""
        return sum(len(inbox) for inbox in self._inboxes)

    def _deliver(self, received: Received) -> None:
        for inbox in self._inboxes:
            inbox.put(received)


class Reader:
    """Turns what an inbox receives into messages that may be used; everything else is counted and dropped."""

    def __init__(self, bus: Bus, leaves: tuple[Leaf[Payload | str], ...]) -> None:
        self._bus = bus
        self._leaves = leaves
        self._marks: dict[str, Mark] = {}
        self._senders: set[str] = set()

    def read(self, received: Received) -> Message[Payload | str] | None:
        """The message, or None if it is a repeat, older than what is known, or empty.

        Raises MessageRejected, already counted, for one that is wrong in itself.
        """
        leaf = next((leaf for leaf in self._leaves if leaf.matches(received.topic)), None)
        if leaf is None or not received.payload:
            return None
        try:
            envelope, body = decode(leaf, received.payload)
            if envelope is not None and not self._is_fresh(received, envelope):
                return None
        except MessageRejected as rejected:
            self._bus.reject(rejected.reason)
            raise
        return Message(received.topic, body, envelope, received.retained, received.arrived_s)

    def _is_fresh(self, received: Received, envelope: Envelope) -> bool:
        last, now_ms = self._marks.get(received.topic), self._bus.clock.wall_ms()
        self._note_clock(received, envelope, now_ms)
        judgement = judge(last, envelope, received.arrived_s, now_ms)
        if judgement == "future":
            raise MessageRejected("future", f"ts_ms {envelope.ts_ms} lies ahead of our clock; set both clocks by NTP")
        if judgement != "fresh":
            if not received.retained:  # after each connect the broker repeats what it keeps
                self._bus.reject(judgement)
            return False
        if missed := gap(last, envelope):
            metrics.SEQ_GAPS.labels(self._bus.account).inc(missed)
        if last is not None or len(self._marks) < MAX_LANES:
            self._marks[received.topic] = Mark(envelope.boot, envelope.seq, envelope.ts_ms, received.arrived_s)
        return True

    def _note_clock(self, received: Received, envelope: Envelope, now_ms: int) -> None:
        """How far the sender's clock is ahead; what it measured some time ago makes it look behind by as much."""
        if received.retained or (envelope.src not in self._senders and len(self._senders) >= MAX_LANES):
            return
        self._senders.add(envelope.src)
        metrics.CLOCK_SKEW.labels(self._bus.account, envelope.src).set((envelope.ts_ms - now_ms) / 1000)

"""A broker inside the process: retained messages, subscriptions, nothing else. For replays and unit tests."""

from collections.abc import Callable

from common.clock import Clock
from common.messaging import Bus, Inbox, Outgoing, Received


class MemoryBroker:
    """Keeps what is retained and hands every message to every bus that is plugged in."""

    def __init__(self) -> None:
        self.retained: dict[str, bytes] = {}
        self._buses: list[MemoryBus] = []
        self._watchers: list[Callable[[str, bytes, bool], None]] = []

    def plug(self, account: str, boot: str, clock: Clock) -> "MemoryBus":
        """A bus for one account."""
        return MemoryBus(self, account, boot, clock)

    def attach(self, bus: "MemoryBus") -> None:
        """Called by each bus that is made."""
        self._buses.append(bus)

    def watch(self, watcher: Callable[[str, bytes, bool], None]) -> None:
        """Have `watcher(topic, payload, retain)` called for everything that is published."""
        self._watchers.append(watcher)

    def publish(self, name: str, payload: bytes, retain: bool, *, kept: bool = False) -> None:
        """Take a message from anybody, as a broker would. `kept`: deliver it as one that was kept for long."""
        if retain and payload:
            self.retained[name] = payload
        elif retain:
            self.retained.pop(name, None)
        for watcher in self._watchers:
            watcher(name, payload, retain)
        for bus in self._buses:
            bus.receive(name, payload, retained=kept)


class MemoryBus(Bus):
    """One account's connection to a `MemoryBroker`."""

    def __init__(self, broker: MemoryBroker, account: str, boot: str, clock: Clock) -> None:
        super().__init__(account, boot, clock)
        self._broker = broker
        self.ready.set()
        broker.attach(self)

    def receive(self, name: str, payload: bytes, *, retained: bool) -> None:
        """Called by the broker for each message."""
        self._deliver(Received(name, payload, retained, self.clock.monotonic()))

    async def _send(self, outgoing: Outgoing, confirmed: bool) -> None:
        self._broker.publish(outgoing.name, outgoing.payload, outgoing.leaf.retain)

    async def _subscribe(self, inbox: Inbox) -> None:
        for name, payload in self._broker.retained.items():
            inbox.put(Received(name, payload, True, self.clock.monotonic()))

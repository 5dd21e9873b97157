"""Topics of other programs: devices that live on MQTT themselves and know nothing of our contract.

A `Foreign` is a connection of its own, kept alive as the bus keeps ours, to the services' broker or to another one.
Of each topic only the newest message waits; nothing is said late, and nothing we say is retained.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from common import metrics
from common.bus import MqttBus
from common.clock import Clock
from common.config import MqttSettings, OtherBroker
from common.contract import Leaf
from common.errors import BrokerRefused
from common.link import LastWill
from common.messaging import Inbox, Outgoing, Received

SAYING: Final = Leaf("foreign", str, "bridge", "a word to another program", retain=False)
FORGETTING: Final = Leaf("foreign", str, "bridge", "takes back what another program left")
REFUSED_S: Final = (30.0, 600.0)
"""Pauses after a refusal by a broker that is not ours: who hammers it with a wrong password is shut out for a day."""
NOBODYS: Final = "ballast/nobody"
"""A subscription that nobody has: taking it back needs no rights, and the broker answers."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Topics as another program writes them, with the wildcards of MQTT."""

    filter: str

    def matches(self, name: str) -> bool:
        """Whether a topic is meant. A wildcard in front does not mean the broker's own `$…`."""
        wanted, found = self.filter.split("/"), name.split("/")
        if name.startswith("$") and wanted[0] in ("+", "#"):
            return False
        if wanted[-1] == "#":
            wanted, found = wanted[:-1], found[: len(wanted) - 1]
        return len(wanted) == len(found) and all(map(_fits, wanted, found))


def _fits(wanted: str, level: str) -> bool:
    return wanted in ("+", level)


class Foreign:
    """A connection to devices on MQTT. Use as `async with`; let `hold` run beside what listens.

    `name` tells it from the other connections of the same account. `will` is what the broker says for us should
    this process die: for a device without a timer of its own it is the dead man.
    """

    def __init__(
        self, broker: MqttSettings | OtherBroker, account: str, name: str, clock: Clock, will: LastWill | None = None
    ) -> None:
        self._wire = _Wire(broker, account, name, clock, will)
        self.ready = self._wire.ready
        """Set while messages can be exchanged."""

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._wire.__aexit__()

    async def hold(self) -> None:
        """For ever; raises what nobody expected to end the connection's keeping."""
        await self._wire.hold()

    @property
    def losses(self) -> int:
        """How often the connection was lost: each time the will may have been said, and messages missed."""
        return self._wire.reconnects

    @property
    def refusal(self) -> BrokerRefused | None:
        """Why the broker does not let us in; None while it does, or has said nothing."""
        return self._wire.refusal

    async def hear(self, *filters: str, lane: Callable[[Received], str] = lambda received: received.topic) -> Inbox:
        """Open an inbox for topics. Whoever is slow finds the newest of each, and never a backlog."""
        return await self._wire.listen(*(Filter(each) for each in filters), lane=lane)

    async def say(self, topic: str, payload: str) -> None:
        """Publish, once, not retained. Raises BrokerLost unless the broker has confirmed it."""
        await self._wire.post(Outgoing(topic, payload.encode(), SAYING), confirmed=True)

    async def forget(self, topic: str) -> None:
        """Take back what is retained on a topic. Whoever listens to it hears an empty message.

        Raises BrokerLost unless the broker has confirmed it; it is then done as soon as the broker is there again.
        """
        await self._wire.post(Outgoing(topic, b"", FORGETTING), confirmed=True)


class _Wire(MqttBus):
    """The bus without our tree: no base, no status, no self test, a will of the caller's choice."""

    def __init__(
        self, broker: MqttSettings | OtherBroker, account: str, name: str, clock: Clock, will: LastWill | None
    ) -> None:
        super().__init__(broker, account, "", clock, guest=True)
        self._prefix = ""
        self._label = f"{account}/{name}"
        self._beats = True
        self._testament = will
        if isinstance(broker, OtherBroker):
            self._refused_pauses_s = REFUSED_S

    def _identifier(self) -> str:
        return self._label.replace("/", "-")

    def _last_will(self) -> LastWill | None:
        return self._testament

    async def post(self, outgoing: Outgoing, *, confirmed: bool) -> None:
        """Hand one message on."""
        await self._send(outgoing, confirmed)

    async def _take(self, received: Received) -> None:
        metrics.MESSAGES.labels(self._label, "in", "foreign").inc()
        self._deliver(received)

    async def _prove_alive(self) -> None:
        assert self._link is not None
        await self._link.unsubscribe(NOBODYS)

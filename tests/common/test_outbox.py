"""What waits for the broker: the newest of each topic, in order, however often the broker is lost."""

import pytest

from common.contract import AVAILABILITY
from common.errors import BrokerLost
from common.messaging import Outgoing
from common.outbox import Outbox

ONE, TWO = AVAILABILITY.at("meter", "p1").name, AVAILABILITY.at("meter", "p2").name


class Broker:
    """Takes messages, or not."""

    def __init__(self) -> None:
        self.has: list[tuple[str, bytes]] = []
        self.is_away = False
        self.outbox = Outbox(self.take)

    async def take(self, outgoing: Outgoing) -> None:
        if self.is_away:
            raise BrokerLost("away")
        self.has.append((outgoing.name, outgoing.payload))
        self.outbox.sent(outgoing)

    def say(self, name: str, payload: bytes) -> None:
        self.outbox.keep(Outgoing(name, payload, AVAILABILITY), waits=True)


async def test_of_each_topic_the_newest_is_sent() -> None:
    broker = Broker()
    for name, payload in ((ONE, b"online"), (TWO, b"online"), (ONE, b"offline")):
        broker.say(name, payload)
    await broker.outbox.flush()
    assert broker.has == [(TWO, b"online"), (ONE, b"offline")]
    assert not len(broker.outbox)


async def test_what_was_not_taken_waits_on() -> None:
    broker = Broker()
    broker.say(ONE, b"online")
    broker.is_away = True
    with pytest.raises(BrokerLost):
        await broker.outbox.flush()
    broker.is_away = False
    await broker.outbox.flush()
    assert broker.has == [(ONE, b"online")]


async def test_after_a_connect_everything_is_said_again_but_what_was_cleared() -> None:
    broker = Broker()
    broker.say(ONE, b"online")
    broker.say(TWO, b"online")
    broker.say(TWO, b"")
    await broker.outbox.flush()
    broker.has.clear()
    broker.outbox.begin_anew()
    await broker.outbox.flush()
    assert broker.has == [(ONE, b"online")]

"""Topics of other programs, on a real broker: heard whole, said once, and a last word when we die."""

import socket
from collections.abc import Callable

import pytest

from common.clock import Clock
from common.config import MqttSettings, OtherBroker
from common.errors import BrokerLost
from common.foreign import Filter, Foreign
from common.link import LastWill
from services.cli.ports import free_port
from tests.brokers import Broker
from tests.fakes.broken_broker import broken_broker, refusing
from tests.guests import PATIENCE_S, REAL, guest, retained

DIMMER = "regul/vload/ECS/cmd"


@pytest.mark.parametrize(
    ("pattern", "name", "is_meant"),
    [
        ("smeter/pzem/+", "smeter/pzem/ECS", True),
        ("smeter/pzem/+", "smeter/pzem/ECS/cmd", False),
        ("smeter/#", "smeter", True),
        ("smeter/#", "smeter/pzem/ECS", True),
        ("smeter/#", "smeters/pzem", False),
        ("pzem/0", "pzem/1", False),
        ("#", "anything/at/all", True),
        ("#", "$SYS/broker/uptime", False),
        ("+/broker", "$SYS/broker", False),
        ("$SYS/#", "$SYS/broker/uptime", True),
    ],
)
def test_a_filter_means_what_a_broker_means_by_it(pattern: str, name: str, is_meant: bool) -> None:
    assert Filter(pattern).matches(name) is is_meant


async def test_topics_outside_our_tree_are_heard_as_they_are(broker: Broker, clock: Clock) -> None:
    async with Foreign(broker.settings, "ems-pzem", "meters", clock) as link, guest(broker.settings) as device:
        inbox = await link.hear("smeter/pzem/+", "pzem/0")
        await link.ready.wait()
        await device.say("smeter/pzem/ECS", b"\xff\x00 no JSON")
        received = await inbox.next()
    assert (received.topic, received.payload, received.retained) == ("smeter/pzem/ECS", b"\xff\x00 no JSON", False)


async def test_of_each_topic_only_the_newest_waits(broker: Broker, clock: Clock) -> None:
    async with Foreign(broker.settings, "ems-pzem", "meters", clock) as link, guest(broker.settings) as device:
        inbox = await link.hear("pzem/+")
        await link.ready.wait()
        for number in range(50):
            await device.say("pzem/0", str(number))
        await device.say("pzem/1", "last")
        await eventually(lambda: len(inbox) == 2, "both topics wait")
        assert [(await inbox.next()).payload for _ in range(2)] == [b"49", b"last"]


async def test_what_is_said_arrives_once_and_is_not_retained(broker: Broker, clock: Clock) -> None:
    async with guest(broker.settings, "regul/#") as device:
        async with Foreign(broker.settings, "ems-pzem", "heater", clock) as link:
            await link.ready.wait()
            await link.say(DIMMER, "40")
        await device.hears(lambda heard: heard.payload == b"40")
        assert device.payloads(DIMMER) == [b"40"]
    assert await retained(broker.settings, "regul/#") == {}


async def test_without_a_broker_nothing_is_said_later(clock: Clock) -> None:
    nowhere = MqttSettings(host="127.0.0.1", port=free_port())
    async with Foreign(nowhere, "ems-pzem", "heater", clock) as link:
        with pytest.raises(BrokerLost):
            await link.say(DIMMER, "40")


async def test_leftovers_of_other_programs_are_taken_back(broker: Broker, clock: Clock) -> None:
    async with guest(broker.settings) as older:
        await older.say(DIMMER, "87.5", retain=True)
    async with Foreign(broker.settings, "ems-pzem", "heater", clock) as link:
        inbox = await link.hear(DIMMER)
        received = await inbox.next()
        assert received.retained
        await link.ready.wait()
        await link.forget(received.topic)
        await link.say("regul/vload/ECS/cmd", "0")
    assert await retained(broker.settings, "regul/#") == {}


@pytest.mark.promise("3.10-16")
async def test_the_last_will_is_said_when_we_die_and_not_when_we_leave(broker: Broker, clock: Clock) -> None:
    will = LastWill(DIMMER, "0")
    async with guest(broker.settings, "regul/#") as device:
        async with Foreign(broker.settings, "ems-pzem", "heater", clock, will) as link:
            await link.ready.wait()
        await device.caught_up()
        assert device.payloads(DIMMER) == []
        async with Foreign(broker.settings, "ems-pzem", "heater", clock, will) as link:
            await link.ready.wait()
            cut(link)
            heard = await device.hears(lambda heard: heard.topic == DIMMER)
    assert heard.payload == b"0"
    assert await retained(broker.settings, "regul/#") == {}


def cut(link: Foreign) -> None:
    """Close the socket under it, as the end of a process does."""
    connected = link._wire._link
    assert connected is not None
    sock = connected._client._client.socket()
    assert isinstance(sock, socket.socket)
    sock.shutdown(socket.SHUT_RDWR)


async def eventually(holds: Callable[[], bool], what: str) -> None:
    """Return as soon as `holds()`."""
    async with REAL.timeout(PATIENCE_S):
        while not holds():
            await REAL.sleep(0.01)
    assert holds(), what


async def test_it_comes_back_with_the_broker_and_hears_again(broker: Broker, clock: Clock) -> None:
    async with Foreign(broker.settings, "ems-pzem", "meters", clock) as link:
        inbox = await link.hear("pzem/+")
        await link.ready.wait()
        broker.kill()
        await eventually(lambda: not link.ready.is_set(), "the loss is noticed")
        broker.start()
        async with REAL.timeout(PATIENCE_S):
            await link.ready.wait()
        async with guest(broker.settings) as device:
            await device.say("pzem/0", "back")
            assert (await inbox.next()).payload == b"back"


@pytest.mark.usefixtures("impatient")
async def test_a_broker_that_hangs_is_found_out(broker: Broker, clock: Clock) -> None:
    async with Foreign(broker.settings, "ems-pzem", "meters", clock) as link:
        await link.ready.wait()
        broker.freeze()
        async with REAL.timeout(PATIENCE_S):
            while link.ready.is_set():
                await clock.sleep(1.0)


async def test_a_broker_of_its_own_has_its_own_account(broker: Broker, clock: Clock) -> None:
    other = OtherBroker(host="127.0.0.1", port=broker.port, protocol=broker.settings.protocol, user="garage")
    async with Foreign(other, "ems-pzem", "meters", clock) as link, REAL.timeout(PATIENCE_S):
        await link.ready.wait()


async def test_a_broker_that_refuses_us_says_why_and_is_tried_seldom(clock: Clock) -> None:
    async with broken_broker(refusing) as broker:
        settings = OtherBroker(host="127.0.0.1", port=broker.port, user="ballast", password="falsch")
        async with Foreign(settings, "ems-victron", "cellar", clock) as link:
            await clock.sleep(100)
            assert link.refusal is not None
            assert not link.refusal.is_stranger
            assert 1 <= broker.connections <= 3


def test_a_password_is_not_shown_with_the_settings() -> None:
    assert "geheim" not in repr(OtherBroker(host="gx", password="geheim"))

"""The broker goes away and comes back: what is said meanwhile, what is said afterwards, and what is not."""

import asyncio
import logging
from itertools import pairwise

import pytest

from common.bus import MqttBus
from common.clock import Clock, JumpClock
from common.config import MqttSettings
from common.contract import (
    ALERT,
    AVAILABILITY,
    COMMAND,
    CONTROL,
    METER_STATE,
    Alert,
    Command,
    Control,
    MeterState,
    decode,
)
from common.errors import BrokerLost
from common.messaging import Reader
from services.cli.ports import free_port
from tests.brokers import Broker
from tests.common.bus.lines import bus_for
from tests.fakes.chaos import TcpChaos
from tests.guests import PATIENCE_S, REAL, guest

P1 = METER_STATE.at("p1")
ORDER = COMMAND.at("battery", "garage")
RELEASE = Command(cmd_id="1-1", epoch=1, issued_at_ms=1, ttl_s=30.0, action="release")


async def again_ready(bus: MqttBus) -> None:
    async with REAL.timeout(PATIENCE_S):
        await bus.ready.wait()


async def lost(bus: MqttBus, clock: Clock) -> None:
    """Wait until the bus knows that its broker is gone."""
    async with REAL.timeout(PATIENCE_S):
        while bus.ready.is_set():
            await clock.sleep(0.1)


def restart_empty(broker: Broker) -> None:
    """The broker was killed and has forgotten everything: it never wrote anything to disk."""
    broker.start()


async def test_what_is_kept_is_said_again_to_a_broker_that_forgot_it(broker: Broker, clock: Clock) -> None:
    async with TcpChaos(broker.port, clock) as link:
        settings = broker.settings.model_copy(update={"port": link.port})
        async with MqttBus(settings, "ems-p1", "aaaaaa", clock) as bus:
            await again_ready(bus)
            await bus.publish(P1, MeterState(power_w=1.0))
            await bus.publish(AVAILABILITY.at("meter", "p1"), "online")
            await bus.publish(ALERT.at("ems-p1", "meter"), Alert(severity="error", since_ms=1, text="over"))
            await bus.clear(ALERT.at("ems-p1", "meter"))
            async with REAL.timeout(PATIENCE_S):
                while bus.queued:
                    await clock.sleep(0.1)
            await bus.publish(ORDER, RELEASE)  # receipts come in order: all before it is with the broker
            await link.refuse()
            broker.kill()
            await lost(bus, clock)
            restart_empty(broker)
            async with guest(broker.settings, "ems/#") as witness:
                await link.accept()
                await again_ready(bus)
                await bus.publish(AVAILABILITY.at("meter", "last"), "online")
                await witness.hears(lambda heard: heard.topic == "ems/meter/last/availability")
                topics = [heard.topic.removeprefix("ems/") for heard in witness.heard]
        assert {"meter/p1/state", "meter/p1/availability", "service/ems-p1/status"} <= set(topics)
        assert "alert/ems-p1/meter" not in topics, "it was cleared, and the broker knew it"
        assert bus.reconnects == 1


async def test_a_subscription_is_made_again(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-x") as bus:
        inbox = await bus.listen(METER_STATE)
        broker.kill()
        await lost(bus, clock)
        restart_empty(broker)
        await again_ready(bus)
        async with guest(broker.settings, "x") as stranger:
            await stranger.say("ems/meter/p1/state", b"hello")
            assert (await inbox.next()).payload == b"hello"


async def test_an_inbox_opened_while_the_broker_is_away_is_filled_when_it_is_back(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-x") as bus:
        broker.kill()
        await lost(bus, clock)
        inbox = await bus.listen(METER_STATE)
        restart_empty(broker)
        await again_ready(bus)
        async with guest(broker.settings, "x") as stranger:
            await stranger.say("ems/meter/p1/state", b"hello")
            assert (await inbox.next()).payload == b"hello"


async def test_an_event_while_the_broker_is_away_is_an_error_and_never_arrives(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-balancer") as bus:
        broker.kill()
        await lost(bus, clock)
        with pytest.raises(BrokerLost, match="battery/garage/cmd"):
            await bus.publish(ORDER, RELEASE)
        restart_empty(broker)
        async with guest(broker.settings, "ems/#") as witness:
            await again_ready(bus)
            await bus.publish(AVAILABILITY.at("meter", "p1"), "online")
            await witness.hears(lambda heard: heard.topic.endswith("availability"))
            assert witness.payloads("ems/battery/garage/cmd") == []


async def test_of_what_is_kept_only_the_newest_is_said_when_the_broker_is_back(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-x") as bus:
        broker.kill()
        await lost(bus, clock)
        for number in range(1000):
            await bus.publish(CONTROL.at("battery", "garage"), Control(mode="safe", epoch=number))
            await bus.publish(P1, MeterState(power_w=number))
        assert bus.queued == 1
        restart_empty(broker)
        async with guest(broker.settings, "ems/#") as witness:
            await again_ready(bus)
            await witness.hears(lambda heard: b'"epoch":999' in heard.payload)
            await witness.hears(lambda heard: b'"power_w":999' in heard.payload)
            await witness.caught_up()
            assert len(witness.payloads("ems/battery/garage/control")) == 1
            assert len(witness.payloads("ems/meter/p1/state")) == 1


async def test_what_is_published_before_the_first_connection_arrives(broker: Broker, clock: Clock) -> None:
    broker.kill()
    async with MqttBus(broker.settings, "ems-p1", "aaaaaa", clock) as bus:
        await bus.publish(AVAILABILITY.at("meter", "p1"), "online")
        await bus.publish(P1, MeterState(power_w=1.0))
        restart_empty(broker)
        await again_ready(bus)
        async with guest(broker.settings, "ems/#") as witness:
            await witness.hears(lambda heard: heard.topic.endswith("availability"))
            await witness.hears(lambda heard: heard.topic == "ems/meter/p1/state")


# Coming back


class Attempts(logging.Handler):
    """When the bus gave up an attempt, and how long it said it would wait."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.at_s: list[float] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "next try in" in record.getMessage():
            self.at_s.append(self._clock.monotonic())


async def attempts(settings: MqttSettings, clock: Clock, for_s: float) -> list[float]:
    """Instants of the failed attempts of one bus within a while."""
    noted = Attempts(clock)
    logging.getLogger("common.bus").addHandler(noted)
    try:
        async with MqttBus(settings, "ems-p1", "aaaaaa", clock):
            await clock.sleep(for_s)
    finally:
        logging.getLogger("common.bus").removeHandler(noted)
    return noted.at_s


async def test_a_broker_that_is_not_there_is_tried_each_1_to_30_seconds(clock: Clock) -> None:
    settings = MqttSettings(host="127.0.0.1", port=free_port())
    at_s = await attempts(settings, clock, 600)
    pauses_s = [later - earlier for earlier, later in pairwise(at_s)]
    assert all(1 <= pause_s < 31 for pause_s in pauses_s)
    assert all(pause_s >= 15 for pause_s in pauses_s[5:])
    assert 20 <= len(at_s) <= 45


async def test_services_that_lost_the_same_broker_do_not_come_back_in_step(clock: Clock) -> None:
    settings = MqttSettings(host="127.0.0.1", port=free_port())
    noted = Attempts(clock)
    logging.getLogger("common.bus").addHandler(noted)
    buses = [MqttBus(settings, f"ems-{number}", "aaaaaa", clock) for number in range(20)]
    async with asyncio.TaskGroup() as tasks:
        for bus in buses:
            tasks.create_task(hold_for(bus, clock, 300))
    logging.getLogger("common.bus").removeHandler(noted)
    settled = [at_s for at_s in noted.at_s if at_s > 60]
    busiest = max(sum(begin_s <= at_s < begin_s + 1 for at_s in settled) for begin_s in settled)
    assert busiest <= 10
    assert len(settled) / 240 <= 2


async def hold_for(bus: MqttBus, clock: Clock, seconds: float) -> None:
    async with bus:
        await clock.sleep(seconds)


async def test_two_processes_of_one_account_do_not_steal_it_from_each_other_all_the_time(
    broker: Broker, clock: Clock
) -> None:
    """Each connect ends the other's session: with a short pause that was 31 times in 7 seconds."""
    one, two = (MqttBus(broker.settings, "ems-p1", boot, clock) for boot in ("aaaaaa", "bbbbbb"))
    async with one, two:
        for _ in range(60):
            await clock.sleep(10)
    assert one.reconnects + two.reconnects <= 60


async def test_a_bus_that_is_not_lasting_says_when_its_connection_is_over(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-balancer", lasting=False) as bus:
        assert not bus.lost.is_set()
        broker.kill()
        async with REAL.timeout(PATIENCE_S):
            await bus.lost.wait()
        with pytest.raises(BrokerLost):
            await bus.publish(ORDER, RELEASE)


async def test_a_bus_that_is_not_lasting_does_not_try_twice(clock: Clock) -> None:
    settings = MqttSettings(host="127.0.0.1", port=free_port())
    async with MqttBus(settings, "ems-balancer", "a", clock, lasting=False) as bus:
        async with REAL.timeout(PATIENCE_S):
            await bus.lost.wait()
        assert not bus.ready.is_set()


async def test_messages_of_before_and_after_are_told_apart(broker: Broker, clock: Clock) -> None:
    """The broker repeats what it keeps; a reader that had it already is not told again."""
    assert isinstance(clock, JumpClock)
    async with bus_for(broker, clock, "ems-p1") as one, bus_for(broker, clock, "ems-x") as other:
        inbox, reader = await other.listen(METER_STATE), Reader(other, (METER_STATE,))
        await one.publish(P1, MeterState(power_w=1.0))
        assert reader.read(await inbox.next()) is not None
        broker.kill()
        await lost(other, clock)
        restart_empty(broker)
        repeated = await inbox.next()
        assert reader.read(repeated) is None


async def test_what_must_be_confirmed_is_an_error_while_the_broker_is_away(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-x") as bus:
        await bus.publish(CONTROL.at("battery", "garage"), Control(mode="safe", epoch=1), confirmed=True)
        broker.kill()
        await lost(bus, clock)
        with pytest.raises(BrokerLost):
            await bus.publish(CONTROL.at("battery", "garage"), Control(mode="safe", epoch=2), confirmed=True)


async def test_what_was_confirmed_is_not_followed_by_something_older(broker: Broker, clock: Clock) -> None:
    topic = CONTROL.at("battery", "garage")
    async with bus_for(broker, clock, "ems-x") as bus, guest(broker.settings, "ems/battery/#") as witness:
        for number in range(0, 40, 2):
            await bus.publish(topic, Control(mode="safe", epoch=number))
            await bus.publish(topic, Control(mode="safe", epoch=number + 1), confirmed=True)
        await witness.caught_up()
        epochs = [decode(CONTROL, heard.payload)[1].epoch for heard in witness.heard]
        assert epochs == sorted(epochs)
        assert epochs[-1] == 39

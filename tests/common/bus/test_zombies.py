"""Connections that look alive and are not, brokers that are none: the bus gives them up and finds the real one."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from common.bus import MqttBus
from common.clock import Clock
from common.config import MqttSettings
from common.contract import AVAILABILITY, COMMAND, METER_STATE, Command, MeterState
from common.errors import BrokerLost
from tests.brokers import Broker
from tests.common.bus.lines import bus_for
from tests.fakes.broken_broker import (
    Behaviour,
    BrokenBroker,
    babbling,
    babbling_after_a_welcome,
    broken_broker,
    greeting_and_closing,
    greeting_and_sleeping,
    leaking,
    refusing,
    silent,
    slamming,
)
from tests.fakes.chaos import TcpChaos
from tests.guests import PATIENCE_S, REAL, guest

BEHAVIOURS = (
    silent, slamming, greeting_and_closing, greeting_and_sleeping, refusing, babbling, babbling_after_a_welcome,
)  # fmt: skip
ORDER = COMMAND.at("battery", "garage")
RELEASE = Command(cmd_id="1-1", epoch=1, issued_at_ms=1, ttl_s=30.0, action="release")


@pytest.fixture
async def link(broker: Broker, clock: Clock) -> AsyncIterator[TcpChaos]:
    """A link to the real broker."""
    async with TcpChaos(broker.port, clock) as made:
        yield made


def through(link: TcpChaos) -> MqttSettings:
    return MqttSettings(host="127.0.0.1", port=link.port)


async def ready(bus: MqttBus, *, is_it: bool = True) -> None:
    """Wait until the bus is ready, or is not any more."""
    async with REAL.timeout(PATIENCE_S):
        while bus.ready.is_set() != is_it:
            await bus.clock.sleep(0.5)


def settings_of(server: BrokenBroker) -> MqttSettings:
    return MqttSettings(host="127.0.0.1", port=server.port)


async def connections(server: BrokenBroker, count: int, clock: Clock) -> None:
    """Wait until so many connections were made."""
    async with REAL.timeout(PATIENCE_S):
        while server.connections < count:
            await clock.sleep(0.1)


async def nothing_left(clock: Clock) -> None:
    """Wait until no task of a connection is left: its threads and sockets end in real time."""
    async with REAL.timeout(PATIENCE_S):
        while any("aiomqtt" in repr(task) for task in asyncio.all_tasks()):
            await clock.sleep(0)


# Connections that die without a word


@pytest.mark.usefixtures("impatient")
async def test_a_half_open_connection_is_given_up_and_made_anew(link: TcpChaos, clock: Clock) -> None:
    async with MqttBus(through(link), "ems-p1", "aaaaaa", clock) as bus:
        await ready(bus)
        link.blackhole()
        await ready(bus, is_it=False)
        link.heal()
        await ready(bus)
        assert bus.reconnects == 1


@pytest.mark.usefixtures("impatient")
async def test_a_broker_that_froze_is_given_up_and_found_again(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-p1") as bus:
        broker.freeze()
        await ready(bus, is_it=False)
        broker.thaw()
        await ready(bus)


@pytest.mark.usefixtures("impatient")
async def test_an_event_that_a_frozen_broker_does_not_take_is_an_error(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-balancer") as bus:
        broker.freeze()
        with pytest.raises(BrokerLost, match="timed out"):
            await bus.publish(ORDER, RELEASE)
        broker.thaw()


@pytest.mark.usefixtures("impatient")
async def test_what_is_kept_waits_for_a_frozen_broker_and_holds_nobody_up(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-p1") as bus, guest(broker.settings, "ems/#") as witness:
        broker.freeze()
        for number in range(100):
            await bus.publish(AVAILABILITY.at("meter", f"p{number}"), "online")
            await bus.publish(METER_STATE.at("p1"), MeterState(power_w=number))
        broker.thaw()
        await witness.hears(lambda heard: heard.topic == "ems/meter/p99/availability")


@pytest.mark.real_time
async def test_a_broker_that_is_far_away_is_kept(link: TcpChaos, clock: Clock) -> None:
    link.slow(0.1, jitter_s=0.05)
    async with MqttBus(through(link), "ems-p1", "aaaaaa", clock) as bus:
        await ready(bus)
        await bus.publish(ORDER, RELEASE)
        assert bus.reconnects == 0


async def test_a_connection_that_is_reset_is_made_anew(link: TcpChaos, clock: Clock) -> None:
    async with MqttBus(through(link), "ems-p1", "aaaaaa", clock) as bus:
        for connection in range(1, 4):
            await ready(bus)
            link.cut()
            await ready(bus, is_it=False)
            assert bus.reconnects == connection


# Servers that are no brokers


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.__name__)
async def test_a_server_that_is_no_broker_is_left_without_a_trace_and_the_real_one_is_found(
    link: TcpChaos, broker: Broker, clock: Clock, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    """A socket or a task that stays behind is a warning, and warnings fail the tests."""
    async with broken_broker(behaviour) as server:
        link.upstream = server.port
        async with MqttBus(through(link), "ems-p1", "aaaaaa", clock) as bus:
            await connections(server, 2, clock)
            assert not bus.ready.is_set()
            assert bus.reconnects == 0
            link.upstream = broker.port
            await ready(bus)
        await nothing_left(clock)
        gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


async def test_a_broker_that_delivers_more_than_was_asked_for_is_not_believed(clock: Clock) -> None:
    """The embedded broker does, now and then."""
    async with broken_broker(leaking) as server:
        settings = settings_of(server).model_copy(update={"protocol": "3.1.1"})
        async with MqttBus(settings, "ems-p1", "aaaaaa", clock) as bus:
            inbox = await bus.listen(METER_STATE)
            await ready(bus)
            await bus.publish(ORDER, RELEASE)
            await bus.publish(ORDER, RELEASE)
            assert len(inbox) == 0


# Leaving


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("behaviour", [silent, greeting_and_sleeping], ids=lambda behaviour: behaviour.__name__)
async def test_leaving_while_connecting_takes_no_longer_than_the_broker_is_given(
    clock: Clock, behaviour: Behaviour
) -> None:
    async with broken_broker(behaviour) as server:
        began_s = REAL.monotonic()
        async with MqttBus(settings_of(server), "ems-p1", "aaaaaa", clock):
            await connections(server, 1, clock)
        assert REAL.monotonic() - began_s < 5
        await nothing_left(clock)
    gc.collect()


@pytest.mark.usefixtures("impatient")
async def test_leaving_a_frozen_broker_takes_no_longer_than_the_broker_is_given(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-p1") as bus:
        broker.freeze()
        await bus.publish(AVAILABILITY.at("meter", "p1"), "online")
        began_s = REAL.monotonic()
    assert REAL.monotonic() - began_s < 5


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("turns", range(12))
async def test_leaving_in_the_moment_in_which_the_connection_breaks_comes_to_an_end(
    link: TcpChaos, clock: Clock, turns: int
) -> None:
    """As in `docker compose down`: broker and services go at once. Error and cancellation meet in a task group."""
    async with MqttBus(through(link), "ems-p1", "aaaaaa", clock) as bus:
        await ready(bus)
        link.cut()
        for _ in range(turns):
            await asyncio.sleep(0)  # noqa: TID251  # one turn of the loop each, wherever that is


async def test_leaving_at_once_leaves_nothing_behind(broker: Broker, clock: Clock) -> None:
    before = asyncio.all_tasks()
    for pause_s in (0.0, 0.0, 0.001, 0.002, 0.003):
        async with MqttBus(broker.settings, "ems-p1", "aaaaaa", clock):
            await REAL.sleep(pause_s)
    gc.collect()
    assert asyncio.all_tasks() == before


async def test_an_error_in_the_block_comes_out_and_the_bus_is_left(broker: Broker, clock: Clock) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(LookupError):
        async with bus_for(broker, clock, "ems-p1"):
            raise LookupError
    assert asyncio.all_tasks() == before

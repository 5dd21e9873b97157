"""Leaving the broker in order, at any moment: it comes to an end, and `offline` is the last word."""

import pytest

from common.bus import MqttBus
from common.clock import Clock
from common.contract import AVAILABILITY, SERVICE_STATUS
from common.link import client
from tests.brokers import Broker
from tests.guests import PATIENCE_S

STATUS = SERVICE_STATUS.at("ems-p1").name


@pytest.mark.real_time
async def test_whoever_leaves_while_something_is_on_its_way_comes_to_an_end(broker: Broker, clock: Clock) -> None:
    """On Python 3.11 a cancellation that met the broker's receipt was lost, and the process hung until killed."""
    for number in range(40):
        async with clock.timeout(PATIENCE_S), MqttBus(broker.settings, "ems-p1", "aaaaaa", clock) as bus:
            await bus.ready.wait()
            for _ in range(number % 5):
                await bus.publish(AVAILABILITY.at("meter", "p1"), "online")
                await clock.sleep(0)


@pytest.mark.real_time
async def test_offline_is_the_last_word(broker: Broker, clock: Clock) -> None:
    """Our own `offline` comes back to us before we have gone, and is no reason to contradict it."""
    for _ in range(20):
        async with MqttBus(broker.settings, "ems-p1", "aaaaaa", clock) as bus, clock.timeout(PATIENCE_S):
            await bus.ready.wait()
        async with client(broker.settings, "viewer", "viewer") as looking, clock.timeout(PATIENCE_S):
            await looking.subscribe(f"ems/{STATUS}")
            assert (await anext(aiter(looking.messages))).payload == b"offline"

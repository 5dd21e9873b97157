"""What is done to the library in its own rooms must still be there after an update of it."""

import inspect

import aiomqtt

from common.config import MqttSettings
from common.link import LOOKS_PER_KEEPALIVE, client


async def test_the_loop_that_looks_after_the_keepalive_is_ours_and_one_that_the_library_runs() -> None:
    assert inspect.iscoroutinefunction(aiomqtt.Client._misc_loop)
    assert type(client(MqttSettings(), "ems-p1", "ems-p1"))._misc_loop is not aiomqtt.Client._misc_loop


async def test_it_ends_with_the_connection() -> None:
    await client(MqttSettings(), "ems-p1", "ems-p1")._misc_loop()


def test_a_ping_that_waits_for_the_next_look_reaches_the_broker_in_time() -> None:
    """A broker gives a client up after one and a half keepalives without a word (MQTT 3.1.1, section 3.1.2.10)."""
    assert 1 + 1 / LOOKS_PER_KEEPALIVE < 1.5

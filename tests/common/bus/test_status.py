"""`online` and `offline`: said by whom, when, and who puts it right."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from common.bus import WILL_DELAY_S, MqttBus
from common.clock import Clock
from common.contract import AVAILABILITY
from tests.brokers import Broker
from tests.common.bus.lines import bus_for
from tests.guests import guest, retained

STATUS = "ems/service/ems-p1/status"
LIVE = """
import asyncio, sys
import common.bus
from common.bus import WILL_DELAY_S, MqttBus
from common.clock import SystemClock
from common.config import MqttSettings

async def live(port, protocol, will_delay_s):
    settings = MqttSettings(host="127.0.0.1", port=port, protocol=protocol)
    common.bus.WILL_DELAY_S = will_delay_s
    async with MqttBus(settings, "ems-p1", "cccccc", SystemClock()) as bus:
        await bus.ready.wait()
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

asyncio.run(live(int(sys.argv[1]), sys.argv[2] if sys.argv[2] == "3.1.1" else 5, int(sys.argv[3])))
"""


@contextmanager
def process(broker: Broker, protocol: str, will_delay_s: int = WILL_DELAY_S) -> Iterator["subprocess.Popen[str]"]:
    """A process with a bus of its own, that is ready; it leaves when its input ends."""
    command = [sys.executable, "-c", LIVE, str(broker.port), protocol, str(will_delay_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            assert running.stdout.readline() == "ready\n"
            yield running
        finally:
            running.kill()


async def test_a_service_is_online_while_it_lives_and_offline_when_it_has_left(broker: Broker, clock: Clock) -> None:
    async with guest(broker.settings, STATUS) as witness:
        async with bus_for(broker, clock, "ems-p1"):
            await witness.hears(lambda heard: heard.payload == b"online")
        await witness.hears(lambda heard: heard.payload == b"offline")
    assert await retained(broker.settings) == {STATUS: b"offline"}


async def test_the_last_word_of_a_service_that_leaves_is_offline(broker: Broker, clock: Clock) -> None:
    """It hears its own farewell, and must not take it for the late will of an earlier life."""
    for _ in range(10):
        async with bus_for(broker, clock, "ems-p1") as bus:
            await bus.publish(AVAILABILITY.at("meter", "p1"), "offline")
        assert await retained(broker.settings, STATUS) == {STATUS: b"offline"}


async def test_what_was_said_last_is_sent_before_leaving(broker: Broker, clock: Clock) -> None:
    topics = [AVAILABILITY.at("meter", f"p{number}") for number in range(20)]
    async with bus_for(broker, clock, "ems-p1") as bus:
        for topic in topics:
            await bus.publish(topic, "offline")
    kept = await retained(broker.settings)
    assert all(kept[f"ems/{topic.name}"] == b"offline" for topic in topics)


async def test_the_late_will_of_an_earlier_life_is_put_right(broker: Broker, clock: Clock) -> None:
    async with guest(broker.settings, STATUS) as stranger, bus_for(broker, clock, "ems-p1"):
        await stranger.say(STATUS, b"offline", retain=True)
        seen = len(stranger.heard)
        await stranger.hears(lambda heard: heard.payload == b"online" and heard in stranger.heard[seen:])
        await stranger.caught_up()
        assert stranger.payloads(STATUS)[-1] == b"online"


@pytest.mark.real_time
@pytest.mark.parametrize("nonsense", [b"", b"OFFLINE", b"\xff", b"online"])
async def test_nonsense_about_us_is_not_argued_with(broker: Broker, clock: Clock, nonsense: bytes) -> None:
    """Otherwise each message of a stranger would cost one of ours. (In real time there is no heartbeat meanwhile.)"""
    async with bus_for(broker, clock, "ems-p1"), guest(broker.settings, STATUS) as stranger:
        await stranger.caught_up()
        stranger.heard.clear()
        for _ in range(5):
            await stranger.say(STATUS, nonsense)
            await stranger.caught_up()
        assert stranger.payloads(STATUS) == [nonsense] * 5


async def test_a_process_that_is_killed_is_offline_by_its_last_will(broker: Broker) -> None:
    async with guest(broker.settings, STATUS) as witness:
        with process(broker, "3.1.1") as running:
            await witness.hears(lambda heard: heard.payload == b"online")
            running.send_signal(signal.SIGKILL)
            await witness.hears(lambda heard: heard.payload == b"offline")
    assert (await retained(broker.settings))[STATUS] == b"offline"


@pytest.mark.real_time
async def test_with_mqtt_5_the_will_waits_for_a_process_that_is_started_again_at_once(broker: Broker) -> None:
    async with guest(broker.settings, STATUS) as witness:
        with process(broker, "5") as running:
            running.send_signal(signal.SIGKILL)
        with process(broker, "5"):
            await witness.caught_up()
            assert b"offline" not in witness.payloads(STATUS)


@pytest.mark.real_time
async def test_with_mqtt_5_too_a_process_that_was_killed_is_offline_in_the_end(broker: Broker) -> None:
    if broker.speaks != "5":
        pytest.skip("this broker speaks 3.1.1 only")
    async with guest(broker.settings, STATUS) as witness:
        with process(broker, "5", will_delay_s=1) as running:
            running.send_signal(signal.SIGKILL)
            await witness.hears(lambda heard: heard.payload == b"offline")


async def test_an_orderly_end_of_a_process_leaves_no_will_behind(broker: Broker) -> None:
    async with guest(broker.settings, STATUS) as witness:
        with process(broker, "3.1.1") as running:
            assert running.stdin is not None
            running.stdin.close()
            await witness.hears(lambda heard: heard.payload == b"offline")
            running.wait()
        await witness.caught_up()
        assert witness.payloads(STATUS).count(b"offline") == 1


async def test_a_second_life_takes_the_account_over_from_the_first(broker: Broker, clock: Clock) -> None:
    """With a fixed client id the broker ends the old session; its late will cannot come after us."""
    with process(broker, "3.1.1"):
        async with guest(broker.settings, STATUS) as witness, MqttBus(broker.settings, "ems-p1", "d", clock) as bus:
            await bus.ready.wait()
            await witness.caught_up()
            assert witness.payloads(STATUS)[-1] == b"online"

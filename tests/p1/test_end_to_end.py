"""From the smart meter to a subscriber at a real broker, and from mDNS to a dongle that moved."""

import asyncio
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from common.bus import MqttBus
from common.clock import Clock
from common.contract import AVAILABILITY, INFO, METER_STATE, MeterState
from common.homewizard import find
from common.homewizard.announcement import V1_SERVICE, V2_SERVICE, Record
from common.messaging import Message, Reader
from tests.announcing import LOOPBACK, announced
from tests.brokers import Broker
from tests.p1.rig import Rig


@pytest.mark.promise("4.8-01")
@pytest.mark.e2e
async def test_a_push_of_the_dongle_reaches_a_subscriber_at_a_real_broker(
    rig: Rig, broker: Broker, clock: Clock
) -> None:
    """Websocket, bridge, Mosquitto, subscriber: the same power, in order, within the meter's own delay."""
    await rig.pair()
    async with (
        MqttBus(broker.settings, "ems-p1", "aaaaaa", clock) as bus,
        MqttBus(broker.settings, "ems-balancer", "bbbbbb", clock) as other,
    ):
        await bus.ready.wait()
        inbox = await other.listen(METER_STATE, INFO, AVAILABILITY)
        await other.ready.wait()
        reader = Reader(other, (METER_STATE, INFO, AVAILABILITY))
        states: list[Message[MeterState]] = []
        others: dict[str, object] = {}
        async with rig.bridge(bus=bus):
            while len(states) < 10:
                message = reader.read(await inbox.next())
                assert message is not None
                if isinstance(message.body, MeterState):
                    states.append(Message(message.topic, message.body, message.envelope, False, message.arrived_s))
                else:
                    others[message.topic] = message.body
    pushed = {entry.telegram.power_w for entry in rig.fake.journal.of("push") if entry.telegram}
    assert {state.body.power_w for state in states} <= pushed
    assert [state.envelope.seq for state in states if state.envelope] == list(range(10))
    assert {state.envelope.src for state in states if state.envelope} == {"ems-p1"}
    assert others["meter/p1/availability"] == "online"
    assert {"meter/p1/info", "meter/p1/availability"} <= others.keys()


@pytest.mark.e2e
async def test_a_broker_that_comes_back_is_told_what_is_retained(rig: Rig, broker: Broker, clock: Clock) -> None:
    """F1, F3: the broker is killed and has forgotten everything."""
    await rig.pair()
    async with MqttBus(broker.settings, "ems-p1", "aaaaaa", clock) as bus:
        await bus.ready.wait()
        async with rig.bridge(bus=bus):
            await clock.sleep(5)
            broker.kill()
            await clock.sleep(10)
            broker.start()
            await rig.until(bus.ready.is_set, "the bus is connected again", limit_s=120)
            async with MqttBus(broker.settings, "ems-balancer", "bbbbbb", clock) as other:
                inbox = await other.listen(METER_STATE, INFO, AVAILABILITY)
                await other.ready.wait()
                topics = {(await inbox.next()).topic for _ in range(6)}
    assert topics == {"meter/p1/state", "meter/p1/info", "meter/p1/availability"}


@pytest.mark.real_time
@pytest.mark.e2e
def test_the_service_starts_reports_and_stops_as_a_process(broker: Broker, tmp_path: Path) -> None:
    """`python -m services.p1`, its own file, SIGTERM: exit code 0 and an orderly goodbye."""
    file = tmp_path / "ballast.yaml"
    mqtt = f"mqtt:\n  host: 127.0.0.1\n  port: {broker.port}\n  protocol: {broker.speaks}\n"
    file.write_text(mqtt + "p1:\n  host: 127.0.0.1\n  http_port: 9\n")
    environment = {**os.environ, "BALLAST_CONFIG": str(file)}
    command = [sys.executable, "-m", "services.p1"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if "no line to the P1 dongle" in line:
                    break
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=30)[1]
        finally:
            process.kill()
    assert process.returncode == 0, rest
    assert "stopped" in rest


async def test_a_dongle_with_a_new_address_is_found_by_real_mdns(rig: Rig) -> None:
    """homewizard.md 5.5: after three failures the serial is looked up, here on the loopback."""
    async with rig.bridge(locate=partial(find, interfaces=LOOPBACK)):
        await rig.until_states(3)
        await rig.fake.move()
        text = {"serial": rig.fake.serial, "api_enabled": "1"}
        one = Record(V1_SERVICE, "", rig.fake.http_port, text)
        two = Record(V2_SERVICE, "", rig.fake.https_port, text)
        async with announced(one, two):
            await rig.until_states(3, limit_s=120)


async def test_stopping_says_offline(rig: Rig) -> None:
    async with rig.bridge():
        await rig.until_states(2)
        assert rig.is_online
    await asyncio.sleep(0)  # noqa: TID251  # only lets callbacks run, no time passes
    assert not rig.is_online

"""`ballast contract check`: content with a bridge that keeps the contract, and exact about one that does not."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from common.actuator import Actuator, Place
from common.clock import Clock, SystemClock
from common.contract import (
    ACK,
    AVAILABILITY,
    BALANCER_LEASE,
    COMMAND,
    CONTROL,
    INFO,
    SWITCH_STATE,
    Ack,
    BalancerLease,
    Control,
    DeviceInfo,
    SwitchState,
    decode,
)
from common.errors import MessageRejected
from common.lease import Limits
from common.memory_bus import MemoryBroker, MemoryBus
from common.store import Store
from services.cli.__main__ import run as ballast
from services.cli.examine import Examination
from services.cli.terminal import Unusable
from tests.brokers import MOSQUITTO, WITHOUT, Broker
from tests.common.bus.lines import bus_for
from tests.documents import ROOT
from tests.guests import retained

LAMP = ROOT / "docs" / "examples" / "lamp.sh"
FACTS = DeviceInfo(
    vendor="Nobody", model="Lamp", poll_s=10, stale_after_s=60, safe_state="off", capabilities=("switch",)
)
TOOLS = ("bash", "mosquitto_sub", "mosquitto_pub", "jq")


@asynccontextmanager
async def chores(*works: AsyncIterator[None]) -> AsyncIterator[None]:
    """What goes on beside the examination."""

    async def drain(work: AsyncIterator[None]) -> None:
        async for _ in work:
            pass

    tasks = [asyncio.create_task(drain(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def telling(bus: MemoryBus) -> AsyncIterator[None]:
    """Facts, presence, and the state each 10 s."""
    await bus.publish(INFO.at("switch", "lamp"), FACTS)
    await bus.publish(AVAILABILITY.at("switch", "lamp"), "online")
    async for _ in bus.clock.every(10):
        await bus.publish(SWITCH_STATE.at("lamp"), SwitchState(on=False))
        yield


async def obeying(bus: MemoryBus, store: Store) -> AsyncIterator[None]:
    """Our own desk of orders, as every bridge of ours has it."""
    actuator = Actuator(bus, Place("switch", "lamp"), lambda: Limits(0, 0), store)
    desk = asyncio.create_task(actuator.run())
    try:
        while True:
            actuator.changed.clear()
            order = actuator.order
            await actuator.control("leased" if order else "autonomous")
            if order is not None:
                await actuator.done(order, "applied")
            yield
            await actuator.changed.wait()
    finally:
        desk.cancel()


async def believing(bus: MemoryBus) -> AsyncIterator[None]:
    """Somebody who does as he is told, whoever says what, for ever."""
    control = CONTROL.at("switch", "lamp")
    await bus.publish(control, Control(mode="autonomous", epoch=0))
    async for received in await bus.listen(COMMAND):
        try:
            order = decode(COMMAND, received.payload)[1]
        except MessageRejected:
            continue
        answer = Ack(cmd_id=order.cmd_id, epoch=order.epoch, outcome="applied")
        await bus.publish(ACK.at("switch", "lamp"), answer)
        await bus.publish(control, Control(mode="leased", epoch=order.epoch))
        yield


@pytest.mark.virtual
async def test_it_is_content_with_a_bridge_of_our_own(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    said: list[str] = []
    bus = memory_broker.plug("ems-lamp", "aaaaaa", clock)
    with Store(tmp_path / "lamp.sqlite", clock, "ems-lamp") as store:
        async with chores(telling(bus), obeying(bus, store)):
            balancer = memory_broker.plug("ems-balancer", "check", clock)
            assert await Examination(balancer, "switch", "lamp", said.append).go(), said
    assert {line[:7] for line in said} == {"ok     "}
    assert len(said) == 22


@pytest.mark.virtual
async def test_it_names_every_rule_that_somebody_does_not_keep(memory_broker: MemoryBroker, clock: Clock) -> None:
    said: list[str] = []
    bus = memory_broker.plug("ems-lamp", "aaaaaa", clock)
    async with chores(telling(bus), believing(bus)):
        balancer = memory_broker.plug("ems-balancer", "check", clock)
        assert not await Examination(balancer, "switch", "lamp", said.append).go()
    wrong = [line.removeprefix("WRONG  ") for line in said if line.startswith("WRONG")]
    assert wrong[0] == "an order that is no JSON: should be rejected (invalid), heard was nothing"
    assert "an order of an older epoch: should be rejected (fenced), heard was applied" in wrong
    assert wrong[-1] == "the device is let go by itself when nobody renews the order"
    assert len(wrong) == 12


@pytest.mark.virtual
async def test_what_is_missing_is_named_with_its_topic(memory_broker: MemoryBroker, clock: Clock) -> None:
    said: list[str] = []
    balancer = memory_broker.plug("ems-balancer", "check", clock)
    memory_broker.publish("switch/lamp/state", b'{"v": 1, "on": "yes"}', True)
    assert not await Examination(balancer, "switch", "lamp", said.append).go()
    assert said[0] == "WRONG  switch/lamp/info: nothing is retained there"
    assert said[1].startswith("WRONG  switch/lamp/state: ")
    assert "WRONG  switch/lamp/state is told again within 30 s" in said


@pytest.mark.virtual
async def test_it_does_not_meddle_with_a_balancer_at_work(memory_broker: MemoryBroker, clock: Clock) -> None:
    balancer = memory_broker.plug("ems-balancer", "aaaaaa", clock)
    await balancer.publish(BALANCER_LEASE.at("main"), BalancerLease(epoch=1, instance="here"))
    with pytest.raises(Unusable, match="a balancer is at work"):
        await Examination(balancer, "switch", "lamp", print).go()


@pytest.mark.parametrize(("words", "told"), [([], "name the device"), (["lamp"], "lamp is no device")])
def test_a_device_that_is_none_is_told(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ballast.yaml").write_text("mqtt: {host: localhost}\n")
    assert ballast(["contract", "check", *words, "--config", str(tmp_path / "ballast.yaml")]) == 2
    assert told in capsys.readouterr().err


@contextmanager
def lamp(broker: Broker, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The example of the guide, as it stands there."""
    environment = {**os.environ, "BROKER": "127.0.0.1", "PORT": f"{broker.port}", "FOLDER": str(folder), "TELL_S": "1"}
    process = subprocess.Popen(["bash", str(LAMP)], env=environment, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.skipif(MOSQUITTO is None, reason=WITHOUT)
@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"one of {', '.join(TOOLS)} is not installed")
async def test_the_example_in_the_shell_keeps_the_contract(broker: Broker, tmp_path: Path) -> None:
    said: list[str] = []
    clock = SystemClock()
    with lamp(broker, tmp_path) as process:
        async with bus_for(broker, clock, "ems-balancer") as bus:
            inbox = await bus.listen(CONTROL)
            async with clock.timeout(20):
                await inbox.next()
            assert await Examination(bus, "switch", "lamp", said.append, ttl_s=4.0).go(), said
        process.terminate()
        await asyncio.to_thread(process.wait, 10)
        kept = await retained(broker.settings, "ems/service/#")
        assert kept["ems/service/ems-lamp/status"] == b"offline"
    assert len(said) == 22
    assert (tmp_path / "lamp").read_text() == "false\n"


def test_the_guide_shows_the_example_that_is_tried() -> None:
    page = (ROOT / "docs" / "write-a-bridge.md").read_text()
    shown = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    assert shown
    text = LAMP.read_text()
    assert [part for part in shown if part.strip() not in text] == []

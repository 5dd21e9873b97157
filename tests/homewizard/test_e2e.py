"""The whole service: a real broker, real sockets, and in one test a real process that is stopped and killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.bus import MqttBus
from common.clock import Clock, SystemClock
from common.contract import ACK, AVAILABILITY, COMMAND, SWITCH_STATE, Ack, Command, SwitchState
from common.messaging import Inbox, Reader
from tests.brokers import Broker
from tests.homewizard.home import ACCOUNT, Home

ROOT = Path(__file__).parents[2]
LEAVES = (ACK, SWITCH_STATE, AVAILABILITY)
RATE = 10


@dataclass
class Outside:
    """What a balancer sees and says."""

    bus: MqttBus
    clock: Clock
    inbox: Inbox
    numbers: int = 0

    async def order(self, *, on: bool, ttl_s: float) -> str:
        """Give one order. Returns its id."""
        self.numbers += 1
        cmd_id = f"1-{self.numbers}"
        command = Command(
            cmd_id=cmd_id, epoch=1, issued_at_ms=self.clock.wall_ms(), ttl_s=ttl_s, action="switch", on=on
        )
        await self.bus.publish(COMMAND.at("switch", "boiler"), command)
        return cmd_id

    async def until(self, found: Callable[[object], bool]) -> None:
        """Return with the first message that is what was waited for."""
        reader = Reader(self.bus, LEAVES)
        async with self.clock.timeout(300):
            async for received in self.inbox:
                message = reader.read(received)
                if message is not None and found(message.body):
                    return


@asynccontextmanager
async def outside(broker: Broker, clock: Clock) -> AsyncIterator[Outside]:
    async with MqttBus(broker.settings, "ems-balancer", "b0", clock) as bus:
        inbox = await bus.listen(*LEAVES, lane=lambda received: f"{received.topic} {received.payload[-300:]!r}")
        await bus.ready.wait()
        yield Outside(bus, clock, inbox)


def is_applied(cmd_id: str) -> Callable[[object], bool]:
    return lambda body: isinstance(body, Ack) and body.cmd_id == cmd_id and body.outcome == "applied"


def draws(power_w: float) -> Callable[[object], bool]:
    return lambda body: isinstance(body, SwitchState) and body.power_w == power_w


def is_off(body: object) -> bool:
    return isinstance(body, SwitchState) and not body.on


@asynccontextmanager
async def bridged(broker: Broker, home: Home) -> AsyncIterator[None]:
    """The service in this process, at a real broker, in idle-jump time."""
    async with MqttBus(broker.settings, ACCOUNT, "cafe01", home.clock) as bus:
        home.start(bus)
        yield
        await home.stop()


@pytest.mark.e2e
@pytest.mark.promise("2.10-17")
async def test_an_order_over_a_real_broker_switches_the_socket(broker: Broker, clock: Clock, home: Home) -> None:
    fake = await home.socket()
    async with outside(broker, clock) as balancer, bridged(broker, home):
        await balancer.until(lambda body: body == "online")
        await balancer.until(is_applied(await balancer.order(on=True, ttl_s=60)))
        await balancer.until(draws(2000))
        assert fake.is_on
    assert not fake.is_on


@pytest.mark.e2e
async def test_while_the_broker_is_away_the_lease_ends_and_afterwards_orders_work_again(
    broker: Broker, clock: Clock, home: Home
) -> None:
    """F1, I1, I8."""
    fake = await home.socket()
    async with outside(broker, clock) as balancer, bridged(broker, home):
        await balancer.until(lambda body: body == "online")
        await balancer.until(is_applied(await balancer.order(on=True, ttl_s=30)))
        broker.kill()
        await clock.sleep(40)
        assert not fake.is_on
        broker.start()
        await balancer.bus.ready.wait()
        await balancer.until(is_off)
        await balancer.until(is_applied(await balancer.order(on=True, ttl_s=30)))


@asynccontextmanager
async def process(config: Path, epoch_ms: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.homewizard`, ten times as fast."""
    spoken = {
        **os.environ,
        "BALLAST_CONFIG": str(config),
        "BALLAST_CLOCK_RATE": str(RATE),
        "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.homewizard", cwd=ROOT, env=spoken, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("2.10-19")
@pytest.mark.promise("2.10-20")
async def test_a_process_that_is_stopped_switches_off_and_one_that_was_killed_does_so_when_it_returns(
    broker: Broker, tmp_path: Path
) -> None:
    """F31, I10: a socket has no timer of its own."""
    epoch_ms = SystemClock().wall_ms()
    clock = SystemClock(RATE, epoch_ms)
    async with Home(clock, tmp_path) as home, outside(broker, clock) as balancer:
        fake = await home.socket()
        mqtt = {"host": "127.0.0.1", "port": broker.port, "protocol": broker.settings.protocol}
        config = tmp_path / "ballast.yaml"
        config.write_text(json.dumps({"mqtt": mqtt, "homewizard": home.settings}))
        async with process(config, epoch_ms) as stopped:
            await balancer.until(lambda body: body == "online")
            await balancer.until(is_applied(await balancer.order(on=True, ttl_s=120)))
            stopped.send_signal(signal.SIGTERM)
            assert await stopped.wait() == 0
        assert not fake.is_on
        async with process(config, epoch_ms) as killed:
            await balancer.until(is_off)
            await balancer.until(is_applied(await balancer.order(on=True, ttl_s=30)))
            killed.kill()
        await clock.sleep(10)
        assert fake.is_on
        async with process(config, epoch_ms), clock.timeout(200):
            while fake.is_on:
                await clock.sleep(1)

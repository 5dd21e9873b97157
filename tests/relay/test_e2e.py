"""The whole bridge over a real broker: in this process, and as a process that is stopped and killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from common.bus import MqttBus
from common.clock import Clock, SystemClock
from common.contract import ACK, COMMAND, Ack, Command
from common.messaging import Inbox, Reader
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import House, PlainAppliance, Steps, SwitchedLoad
from services.simulator.relay import (
    BrokerAir,
    EspHomeFake,
    RelayFake,
    ShellyFake,
    ShellyGen1Fake,
    TasmotaFake,
    ZigbeeFake,
)
from tests.brokers import Broker
from tests.guests import guest, retained

ROOT = Path(__file__).parents[2]
RATE = 10
LEAVES = (ACK,)
SECTION = {
    "tasmota": {"pump": {"topic": "tasmota_1A2B3C"}},
    "shelly_gen2": {"rail": {"prefix": "shellyplus1pm-a8032ab1"}},
    "shelly_gen1": {"vent": {"device": "shelly1pm-a4cf12f4", "dead_man_s": 120}},
    "esphome": {"well": {"prefix": "pump-node", "switch": "pump", "power_sensor": "pump_power"}},
    "zigbee2mqtt": {"plug": {"name": "plug", "dead_man_s": 120, "poll_s": 20.0}},
}


@dataclass
class Outside:
    """What a balancer sees and says."""

    bus: MqttBus
    clock: Clock
    inbox: Inbox
    numbers: int = 0
    heard: list[tuple[str, object]] = field(default_factory=list)

    async def order(self, device: str, *, on: bool, ttl_s: float) -> str:
        """Give one order. Returns its id."""
        self.numbers += 1
        cmd_id = f"1-{self.numbers}"
        command = Command(
            cmd_id=cmd_id, epoch=1, issued_at_ms=self.clock.wall_ms(), ttl_s=ttl_s, action="switch", on=on
        )
        await self.bus.publish(COMMAND.at("switch", device), command)
        return cmd_id

    async def listen(self) -> None:
        """For ever: note what is said."""
        reader = Reader(self.bus, LEAVES)
        async for received in self.inbox:
            message = reader.read(received)
            if message is not None:
                self.heard.append((message.id, message.body))

    async def until(self, found: Callable[[str, object], bool], limit_s: float = 300) -> None:
        """Return once that was said, now or before."""
        async with self.clock.timeout(limit_s):
            while not any(found(device, body) for device, body in self.heard):
                await self.clock.sleep(0.2)

    async def switch(self, device: str, *, on: bool, ttl_s: float) -> None:
        """Order it, again and again, until it is carried out."""
        for _ in range(20):
            cmd_id = await self.order(device, on=on, ttl_s=ttl_s)
            with suppress(TimeoutError):
                await self.until(is_applied(cmd_id), 10)
                return
        raise AssertionError(f"{device} was never switched")


def is_applied(cmd_id: str) -> Callable[[str, object], bool]:
    return lambda _, body: isinstance(body, Ack) and (body.cmd_id, body.outcome) == (cmd_id, "applied")


@asynccontextmanager
async def scene(broker: Broker, clock: Clock) -> AsyncIterator[tuple[Outside, dict[str, RelayFake]]]:
    """A relay of each family on the broker, and somebody who orders."""
    house = ClockedHouse(House(Steps(300), Steps(0), {}), clock)
    async with (
        BrokerAir(broker.settings, "devices", "themselves", clock) as air,
        MqttBus(broker.settings, "ems-balancer", "b0", clock) as bus,
    ):
        fakes: dict[str, RelayFake] = {
            "pump": TasmotaFake(SwitchedLoad(PlainAppliance(1000)), house, air, clock),
            "rail": ShellyFake(SwitchedLoad(PlainAppliance(1000)), house, air, clock),
            "plug": ZigbeeFake(SwitchedLoad(PlainAppliance(1000)), house, air, clock),
            "vent": (vent := ShellyGen1Fake(SwitchedLoad(PlainAppliance(1000)), house, air, clock)),
            "well": EspHomeFake(SwitchedLoad(PlainAppliance(1000)), house, air, clock),
        }
        vent.auto_off_s = 120.0
        lives = [asyncio.create_task(fake.run()) for fake in fakes.values()]
        inbox = await bus.listen(*LEAVES, lane=lambda received: f"{received.topic} {received.payload[-300:]!r}")
        await asyncio.gather(air.ready.wait(), bus.ready.wait())
        balancer = Outside(bus, clock, inbox)
        lives.append(asyncio.create_task(balancer.listen()))
        yield balancer, fakes
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)


@asynccontextmanager
async def process(config: Path, epoch_ms: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.relay`, ten times as fast."""
    spoken = {
        **os.environ,
        "BALLAST_CONFIG": str(config),
        "BALLAST_CLOCK_RATE": str(RATE),
        "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.relay", cwd=ROOT, env=spoken, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


def written(broker: Broker, folder: Path) -> Path:
    mqtt = {"host": "127.0.0.1", "port": broker.port, "protocol": broker.settings.protocol}
    file = folder / "ballast.yaml"
    file.write_text(json.dumps({"mqtt": mqtt, "relay": SECTION}))
    return file


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("3.10-09")
@pytest.mark.promise("3.10-16")
async def test_a_process_that_is_stopped_switches_off_and_one_that_is_killed_leaves_the_off_timers(
    broker: Broker, tmp_path: Path
) -> None:
    epoch_ms = SystemClock().wall_ms()
    clock, config = SystemClock(RATE, epoch_ms), written(broker, tmp_path)
    async with scene(broker, clock) as (balancer, fakes):
        async with process(config, epoch_ms) as stopped:
            for name in fakes:
                await balancer.switch(name, on=True, ttl_s=120)
            stopped.send_signal(signal.SIGTERM)
            assert await stopped.wait() == 0
        assert not any(fake.is_on for fake in fakes.values())
        async with process(config, epoch_ms) as killed:
            for name in fakes:
                await balancer.switch(name, on=True, ttl_s=120)
            killed.kill()
        assert all(fake.is_on for fake in fakes.values())
        await clock.sleep(125)
        timed = [name for name in fakes if name != "well"]  # a node has no timer that MQTT knows of
        assert [fakes[name].moves[-1] for name in timed] == [(False, "timer")] * len(timed)
    left = [topic for topic in await retained(broker.settings) if not topic.startswith("ems/")]
    assert all(topic.endswith(("/state", "/status")) for topic in left), "an order was left on the broker"


@pytest.mark.e2e
@pytest.mark.real_time
async def test_an_order_that_was_left_on_the_broker_is_taken_back(broker: Broker, tmp_path: Path) -> None:
    epoch_ms = SystemClock().wall_ms()
    clock, config = SystemClock(RATE, epoch_ms), written(broker, tmp_path)
    async with guest(broker.settings, "ems/alert/#") as witness:
        await witness.say("cmnd/tasmota_1A2B3C/POWER", "ON", retain=True)
        async with scene(broker, clock), process(config, epoch_ms):
            await witness.hears(lambda heard: heard.topic == "ems/alert/ems-relay/leftover-pump")
            await clock.sleep(10)
            assert "cmnd/tasmota_1A2B3C/POWER" not in await retained(broker.settings)


@pytest.mark.e2e
@pytest.mark.real_time
async def test_while_the_broker_is_away_the_off_timer_falls_and_afterwards_orders_work_again(
    broker: Broker, tmp_path: Path
) -> None:
    epoch_ms = SystemClock().wall_ms()
    clock, config = SystemClock(RATE, epoch_ms), written(broker, tmp_path)
    async with scene(broker, clock) as (balancer, fakes), process(config, epoch_ms):
        await balancer.switch("rail", on=True, ttl_s=60)
        broker.kill()
        await clock.sleep(125)
        assert not fakes["rail"].is_on
        broker.start()
        await balancer.bus.ready.wait()
        await balancer.switch("rail", on=True, ttl_s=60)
        assert fakes["rail"].is_on

"""The whole bridge over a real broker: in this process, and as a process that is stopped and killed."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from common.clock import Clock, SystemClock
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
from tests.outside import Outside, outside, process, written

RATE = 10
SECTION = {
    "tasmota": {"pump": {"topic": "tasmota_1A2B3C"}},
    "shelly_gen2": {"rail": {"prefix": "shellyplus1pm-a8032ab1"}},
    "shelly_gen1": {"vent": {"device": "shelly1pm-a4cf12f4", "dead_man_s": 120}},
    "esphome": {"well": {"prefix": "pump-node", "switch": "pump", "power_sensor": "pump_power"}},
    "zigbee2mqtt": {"plug": {"name": "plug", "dead_man_s": 120, "poll_s": 20.0}},
}


@asynccontextmanager
async def scene(broker: Broker, clock: Clock) -> AsyncIterator[tuple[Outside, dict[str, RelayFake]]]:
    """A relay of each family on the broker, and somebody who orders."""
    house = ClockedHouse(House(Steps(300), Steps(0), {}), clock)
    async with (
        BrokerAir(broker.settings, "devices", "themselves", clock) as air,
        outside(broker, clock) as balancer,
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
        await air.ready.wait()
        yield balancer, fakes
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("3.10-09")
@pytest.mark.promise("3.10-16")
async def test_a_process_that_is_stopped_switches_off_and_one_that_is_killed_leaves_the_off_timers(
    broker: Broker, tmp_path: Path
) -> None:
    epoch_ms = SystemClock().wall_ms()
    clock, config = SystemClock(RATE, epoch_ms), written(tmp_path, broker, relay=SECTION)
    bridge = partial(process, "relay", config, rate=RATE, epoch_ms=epoch_ms)
    async with scene(broker, clock) as (balancer, fakes):
        async with bridge() as stopped:
            for name in fakes:
                await balancer.insist(on=True, ttl_s=120, to=("switch", name))
            stopped.send_signal(signal.SIGTERM)
            assert await stopped.wait() == 0
        assert not any(fake.is_on for fake in fakes.values())
        async with bridge() as killed:
            for name in fakes:
                await balancer.insist(on=True, ttl_s=120, to=("switch", name))
            killed.kill()
        assert all(fake.is_on for fake in fakes.values())
        await clock.sleep(125)
        timed = [name for name in fakes if name != "well"]  # a node has no timer that MQTT knows of
        assert [fakes[name].moves[-1] for name in timed] == [(False, "timer")] * len(timed)
    ours = ("ems/", "homeassistant/")
    left = [topic for topic in await retained(broker.settings) if not topic.startswith(ours)]
    assert all(topic.endswith(("/state", "/status")) for topic in left), "an order was left on the broker"


@pytest.mark.e2e
@pytest.mark.real_time
async def test_an_order_that_was_left_on_the_broker_is_taken_back(broker: Broker, tmp_path: Path) -> None:
    epoch_ms = SystemClock().wall_ms()
    clock, config = SystemClock(RATE, epoch_ms), written(tmp_path, broker, relay=SECTION)
    bridge = partial(process, "relay", config, rate=RATE, epoch_ms=epoch_ms)
    async with guest(broker.settings, "ems/alert/#") as witness:
        await witness.say("cmnd/tasmota_1A2B3C/POWER", "ON", retain=True)
        async with scene(broker, clock), bridge():
            await witness.hears(lambda heard: heard.topic == "ems/alert/ems-relay/leftover-pump")
            await clock.sleep(10)
            assert "cmnd/tasmota_1A2B3C/POWER" not in await retained(broker.settings)


@pytest.mark.e2e
@pytest.mark.real_time
async def test_while_the_broker_is_away_the_off_timer_falls_and_afterwards_orders_work_again(
    broker: Broker, tmp_path: Path
) -> None:
    epoch_ms = SystemClock().wall_ms()
    clock, config = SystemClock(RATE, epoch_ms), written(tmp_path, broker, relay=SECTION)
    bridge = partial(process, "relay", config, rate=RATE, epoch_ms=epoch_ms)
    async with scene(broker, clock) as (balancer, fakes), bridge():
        await balancer.insist(on=True, ttl_s=60, to=("switch", "rail"))
        broker.kill()
        async with clock.timeout(125):
            while fakes["rail"].is_on:
                await clock.sleep(1)
        broker.start()
        await balancer.bus.ready.wait()
        await balancer.insist(on=True, ttl_s=60, to=("switch", "rail"))
        assert fakes["rail"].is_on

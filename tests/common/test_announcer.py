"""What a service announces, when, and what it takes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from common.announcer import TIDY_S, Announcer
from common.clock import Clock
from common.contract import (
    BALANCER_STATE,
    BATTERY_STATE,
    DECISION,
    INFO,
    SETTING,
    BalancerState,
    BatteryState,
    Decision,
    DeviceInfo,
)
from common.memory_bus import MemoryBroker, MemoryBus
from common.store import Store

pytestmark = pytest.mark.virtual
SENSOR = "homeassistant/sensor/ems-balancer/ems_garage_{}/config"
STATE = BATTERY_STATE.at("garage")
FACTS = DeviceInfo(vendor="Marstek", model="Venus E", poll_s=5, stale_after_s=20)


@asynccontextmanager
async def announcing(broker: MemoryBroker, clock: Clock, folder: Path, *devices: str) -> AsyncIterator[MemoryBus]:
    """The bus of a service that announces what it publishes."""
    with Store(folder / "memory.sqlite", clock, "ems-balancer") as store:
        bus = broker.plug("ems-balancer", "aaaaaa", clock)
        announcer = Announcer(bus, store, "ems", devices)
        bus.observer = announcer.observe
        chores = [asyncio.create_task(chore) for chore in (announcer.run(), announcer.tidy())]
        yield bus
        await clock.sleep(1)
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)


def announced(broker: MemoryBroker) -> set[str]:
    """Components, by their ids."""
    return {topic.split("/")[3].removeprefix("ems_") for topic in broker.retained if topic.startswith("homeassistant/")}


async def test_a_figure_is_announced_once_it_has_a_value(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    async with announcing(memory_broker, clock, tmp_path, "garage") as bus:
        await bus.publish(STATE, BatteryState(power_w=-800.0))
        await clock.sleep(1)
        assert announced(memory_broker) == {"balancer_running", "garage_power"}
        await bus.publish(STATE, BatteryState(power_w=-800.0, soc_pct=50.0))
    assert announced(memory_broker) == {"balancer_running", "garage_power", "garage_soc"}


async def test_it_is_said_once(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    said: list[str] = []
    memory_broker.watch(lambda topic, payload, retain: said.append(topic))
    async with announcing(memory_broker, clock, tmp_path, "garage") as bus:
        for power_w in (-800.0, -700.0, -600.0):
            await bus.publish(STATE, BatteryState(power_w=power_w))
            await clock.sleep(1)
    assert said.count(SENSOR.format("power")) == 1


async def test_facts_that_come_late_are_told_after_all(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    async with announcing(memory_broker, clock, tmp_path, "garage") as bus:
        await bus.publish(STATE, BatteryState(power_w=-800.0))
        await clock.sleep(1)
        await bus.publish(INFO.at("battery", "garage"), FACTS)
        await bus.publish(STATE, BatteryState(power_w=-800.0))
    told = orjson.loads(memory_broker.retained[SENSOR.format("power")])
    assert told["device"]["manufacturer"] == "Marstek"
    assert told["expire_after"] == 60


async def test_the_balancer_announces_its_settings_and_reasons(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    async with announcing(memory_broker, clock, tmp_path) as bus:
        await bus.publish(SETTING.at("main", "mode"), "auto")
        await bus.publish(SETTING.at("main", "reserve_soc_pct", "garage"), "10")
        await bus.publish(DECISION.at("main", "garage"), Decision(rule="zero", reason="It holds the grid at zero."))
        await bus.publish(BALANCER_STATE.at("main"), BalancerState(mode="auto", grid_w=5.0, sentence="All is well."))
    assert announced(memory_broker) == {
        *("balancer_running", "balancer_set_mode", "garage_set_reserve_soc", "garage_reason"),
        *("balancer_grid", "balancer_target_grid", "balancer_sentence", "balancer_missing"),
    }
    assert "homeassistant/number/ems-balancer/ems_garage_set_reserve_soc/config" in memory_broker.retained


async def test_a_shadow_announces_nothing_of_the_house(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    async with announcing(memory_broker, clock, tmp_path) as bus:
        await bus.publish(SETTING.at("shadow", "mode"), "auto")
        await bus.publish(DECISION.at("shadow", "garage"), Decision(rule="zero", reason=""))
    assert announced(memory_broker) == {"balancer_running"}


async def test_a_device_that_is_gone_is_taken_back_and_a_silent_one_stays(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    async with announcing(memory_broker, clock, tmp_path, "garage", "cellar") as bus:
        for device in ("garage", "cellar"):
            await bus.publish(BATTERY_STATE.at(device), BatteryState(power_w=0.0))
    async with announcing(memory_broker, clock, tmp_path, "cellar"):
        await clock.sleep(TIDY_S - 1)
        assert announced(memory_broker) == {"balancer_running", "garage_power", "cellar_power"}
        await clock.sleep(2)
        assert announced(memory_broker) == {"balancer_running", "cellar_power"}

"""The whole service at a real broker; in one test a real process that is stopped and killed."""

import asyncio
import json
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from common.clock import Clock, SystemClock
from common.contract import METER_STATE
from services.pzem.check import check
from services.pzem.config import Config
from services.simulator.build import build
from services.simulator.clocked import ClockedHouse
from services.simulator.config import Config as SimulatorConfig
from services.simulator.pzem import lodgers
from tests.brokers import Broker
from tests.outside import outside, process, written
from tests.pzem.home import Home

RATE = 5


async def until(clock: Clock, holds: Callable[[], bool], limit_s: float = 100.0) -> None:
    """Return as soon as `holds()`."""
    async with clock.timeout(limit_s):
        while not holds():
            await clock.sleep(0.2)


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("3.10-16")
async def test_a_process_that_is_stopped_or_killed_leaves_no_heater_on(broker: Broker, tmp_path: Path) -> None:
    """A dimmer has no timer: on SIGTERM the bridge says 0, after kill -9 the broker says it in its name."""
    epoch_ms = SystemClock().wall_ms()
    clock = SystemClock(RATE, epoch_ms)
    async with Home(broker, clock, tmp_path) as home, outside(broker, clock) as balancer:
        dimmer, pump = await home.dimmer(), await home.load()

        async def run() -> None:
            for _ in range(75):  # half a minute
                await balancer.order(1200, ttl_s=100, to=("load", "heater"))
                await balancer.order(on=True, ttl_s=100, to=("switch", "pump"))
                await clock.sleep(2.0)
                if dimmer.percent == 50 and pump.is_on:
                    return
            raise AssertionError("it never obeyed")

        config = written(tmp_path, broker, pzem=home.settings)
        bridge = partial(process, "pzem", config, rate=RATE, epoch_ms=epoch_ms)
        async with bridge() as stopped:
            await run()
            stopped.send_signal(signal.SIGTERM)
            assert await stopped.wait() == 0
            assert (dimmer.percent, pump.is_on) == (0, False)
        async with bridge() as killed:
            await run()
            killed.kill()
            await until(clock, lambda: dimmer.percent == 0 and not pump.is_on, 20.0)


@pytest.mark.e2e
async def test_while_the_broker_is_away_the_lease_ends_and_afterwards_orders_work_again(
    broker: Broker, clock: Clock, tmp_path: Path
) -> None:
    """The dimmer itself keeps its level meanwhile: the broker must be there for anybody to switch it off."""
    async with Home(broker, clock, tmp_path) as home:
        dimmer = await home.dimmer()
        await home.ready()
        await home.order(1200, ttl_s=20)
        broker.kill()
        await clock.sleep(30.0)
        assert dimmer.percent == 50
        broker.start()
        await until(clock, lambda: dimmer.percent == 0)
        await home.order(1200)
        await until(clock, lambda: dimmer.percent == 50)


@pytest.mark.e2e
async def test_check_tells_of_each_device_what_was_heard(broker: Broker, clock: Clock, tmp_path: Path) -> None:
    async with Home(broker, clock, tmp_path) as home:
        await home.meter("smeter/pzem/ECS", 1200)
        failing = await home.meter("smeter/pzem/PRODUCTION", 900)
        failing.is_failing = True
        await home.dimmer()
        await home.load()
        home.settings["meters"] = {
            "hot_water": {"topic": "smeter/pzem/ECS"},
            "roof": {"topic": "smeter/pzem/PRODUCTION", "measures": "pv"},
            "nobody": {"topic": "smeter/pzem/NOBODY"},
        }
        config = Config.model_validate_json(json.dumps(home.settings))
        found = {finding.device: finding for finding in await check(config, broker.settings, "ems-pzem", clock)}
    assert [name for name, finding in found.items() if finding.is_well] == ["hot_water", "heater", "pump"]
    assert found["hot_water"].text == "smeter/pzem/ECS: 1200 W at 231 V"
    assert found["heater"].text == "regul/vload/heater: a dimmer at 0 %"
    assert "its module did not answer" in found["roof"].text
    assert found["nobody"].text.startswith("nothing usable on smeter/pzem/NOBODY")


@pytest.mark.e2e
async def test_the_devices_of_the_demonstration_are_read(broker: Broker, clock: Clock, tmp_path: Path) -> None:
    """Its meter of two clamps runs beside a P1 meter, which is the other way to know the grid."""
    simulated = SimulatorConfig.model_validate_json(
        json.dumps(
            {"pzem": {"clamps": {"a/b": "consumption", "a/c": "production"}, "loads": {"pump": {"topic": "r/p"}}}}
        )
    )
    house = ClockedHouse(build(simulated), clock)
    assert {spoken.topic for spoken in simulated.spoken()} >= {"a/b", "a", "r/p/cmd"}
    async with Home(broker, clock, tmp_path) as home, asyncio.TaskGroup() as tasks:
        staying = [
            tasks.create_task(each.stay()) for each in lodgers(simulated.pzem, house, broker.settings, home.clock)
        ]
        home.settings = {
            "grid": {"clamps": {"consumption": "a/b", "production": "a/c"}},
            "switches": {"pump": {"topic": "r/p", "power_w": 600}},
        }
        await home.ready(settle_s=10.0)
        grid = home.heard(METER_STATE, "clamps")[-1].power_w
        assert grid == pytest.approx(house.house.load_w - house.house.production_w, abs=1500)
        assert home.availability("pump") == ["online"]
        await home.stop()
        for task in staying:
            task.cancel()

"""The whole service at a real broker; in one test a real process that is stopped and killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from common.bus import MqttBus
from common.clock import Clock, SystemClock
from common.contract import COMMAND, METER_STATE, Command
from services.pzem.check import check
from services.pzem.config import Config
from services.simulator.build import build
from services.simulator.clocked import ClockedHouse
from services.simulator.config import Config as SimulatorConfig
from services.simulator.pzem import lodgers
from tests.brokers import Broker
from tests.pzem.home import Home

ROOT = Path(__file__).parents[2]
RATE = 5


@asynccontextmanager
async def process(config: Path, epoch_ms: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.pzem`, five times as fast."""
    spoken = {
        **os.environ,
        "BALLAST_CONFIG": str(config),
        "BALLAST_CLOCK_RATE": str(RATE),
        "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.pzem", cwd=ROOT, env=spoken, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


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
    numbers = iter(range(100))

    async with Home(broker, clock, tmp_path) as home, MqttBus(broker.settings, "ems-balancer", "b0", clock) as bus:
        dimmer, pump = await home.dimmer(), await home.load()
        await bus.ready.wait()

        async def order(kind: str, device: str, **what: object) -> None:
            number = next(numbers)
            said = {
                "cmd_id": f"{epoch_ms}-{number}",
                "epoch": epoch_ms,
                "issued_at_ms": clock.wall_ms(),
                "ttl_s": 100.0,
            }
            await bus.publish(COMMAND.at(kind, device), Command.model_validate({**said, **what}))

        async def run() -> None:
            for _ in range(20):
                await order("load", "heater", action="set_power", power_w=1200.0)
                await order("switch", "pump", action="switch", on=True)
                await clock.sleep(2.0)
                if dimmer.percent == 50 and pump.is_on:
                    return
            raise AssertionError("it never obeyed")

        mqtt = {"host": "127.0.0.1", "port": broker.port, "protocol": broker.settings.protocol}
        config = tmp_path / "ballast.yaml"
        config.write_text(json.dumps({"mqtt": mqtt, "data_dir": str(tmp_path / "data"), "pzem": home.settings}))
        async with process(config, epoch_ms) as stopped:
            await run()
            stopped.send_signal(signal.SIGTERM)
            assert await stopped.wait() == 0
            assert (dimmer.percent, pump.is_on) == (0, False)
        async with process(config, epoch_ms) as killed:
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
        await home.start()
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
        await home.start(10.0)
        grid = home.heard(METER_STATE, "clamps")[-1].power_w
        assert grid == pytest.approx(house.house.load_w - house.house.production_w, abs=1500)
        assert home.availability("pump") == ["online"]
        await home.stop()
        for task in staying:
            task.cancel()

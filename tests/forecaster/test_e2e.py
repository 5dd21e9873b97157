"""All of the chain on a real broker: a weather service over HTTP, the forecaster, its topics, a balancer that plans.

Also the service as a process: started, killed, started again.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import time
from pathlib import Path

import orjson
import pytest

from common.bus import MqttBus
from common.clock import Clock, JumpClock, SystemClock
from common.config import SiteSettings
from common.contract import FORECAST, decode
from common.store import Store
from services.balancer.config import Config as BalancerConfig
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.forecaster.ledger import NAME, opened, write
from services.simulator.clocked import ClockedHouse
from services.simulator.weather import WeatherFake
from tests.balancer.stage import Energy, FakeMeter, FakeSwitch
from tests.brokers import Broker
from tests.forecaster.days import history
from tests.forecaster.home import PEAK_W, config, house, serving
from tests.outside import process, written

pytestmark = pytest.mark.e2e
LOAD_W = 400.0
EAST = 92.35
"""There it is ten past three by the sun when the test begins, at nine in Greenwich."""
METER_S = 5.0
MINUTE_S = 60.0
REAL = SystemClock()


def balancer() -> BalancerConfig:
    """A boiler that needs a quarter of an hour of its power, by eight in the evening on the clock on the wall."""
    boiler = {"want": "needed", "need_wh": 500, "power_w": 2000, "ready_by": time(20), "min_on_s": 60, "min_off_s": 60}
    return BalancerConfig.model_validate({"grid_meter": "p1", "order": ("boiler",), "devices": {"boiler": boiler}})


async def shine(energy: Energy, roof: ClockedHouse, clock: Clock) -> None:
    """For ever: what the house draws, and what the sky gives."""
    async for _ in clock.every(METER_S):
        energy.change("house", LOAD_W - roof.house.production_at(roof.now_s))


@pytest.mark.promise("2.10-13")
@pytest.mark.parametrize("is_forecast", [True, False])
async def test_a_needed_load_is_scheduled_by_the_weather_service_s_word(
    broker: Broker, clock: Clock, tmp_path: Path, is_forecast: bool
) -> None:
    """It is three in the afternoon by the sun, which does not suffice for the boiler and will not any more today.

    Who knows that heats now, with what sun there is. Who does not waits for more of it as long as it can.
    """
    assert isinstance(clock, JumpClock)
    roof = house(clock, clouds=0.0, longitude=EAST)
    assert 500 < roof.house.production_at(roof.now_s) - LOAD_W < 2000
    with opened(tmp_path / NAME) as disk:
        write(disk, history(10, load_w=lambda at: LOAD_W, until_s=int(clock.wall_ms() / 1000)))
    settings = balancer()
    mind = Mind(settings, SiteSettings(timezone="Europe/Paris"), SettingsBook(settings))
    mind.lead(1)
    energy = Energy(clock)
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(WeatherFake(roof, clock, peak_w=PEAK_W))
        accounts = ("ems-forecaster", "ems-balancer", "ems-bridge", "ems-witness")
        buses = [await stack.enter_async_context(MqttBus(broker.settings, name, "e2e", clock)) for name in accounts]
        for bus in buses:
            await bus.ready.wait()
        forecaster, leading, bridge, witness = buses
        told = await witness.listen(FORECAST)
        store = stack.enter_context(Store(tmp_path / "socket.sqlite", clock, "ems-bridge"))
        boiler = FakeSwitch(bridge, store, energy, draws_w=2000)
        leader = Leader(mind, leading)
        if is_forecast:
            site = {"latitude": 50, "longitude": EAST, "planes": [{"peak_w": PEAK_W, "loss_pct": 0}]}
            section = config(url=fake.url, sites={"roof": site})
            await stack.enter_async_context(serving(forecaster, section, tmp_path))
        works = (
            shine(energy, roof, clock), FakeMeter(bridge, energy, period_s=METER_S).run(), boiler.run(),
            leader.listen(), leader.tick(),
        )  # fmt: skip
        tasks = [asyncio.create_task(work) for work in works]
        await clock.sleep(4 * MINUTE_S)
        found: dict[str, bytes] = {}
        while (received := told.take()) is not None:
            found[received.topic] = received.payload
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert boiler.on is is_forecast
    if is_forecast:
        assert found.keys() == {"forecast/pv/state", "forecast/load/state"}
        assert decode(FORECAST, found["forecast/pv/state"])[1].quality == "good"


@pytest.mark.real_time
async def test_as_a_process_it_says_its_forecast_and_comes_back_after_a_kill(broker: Broker, tmp_path: Path) -> None:
    """Without internet, as in a sandbox: there is a forecast all the same."""
    sites = {"roof": {"latitude": 50, "longitude": 2.35, "planes": [{"peak_w": 4000}]}}
    section = {"url": "http://127.0.0.1:9", "sites": sites}
    file = written(tmp_path, broker, site={"timezone": "Europe/Paris"}, forecaster=section)
    began_ms = REAL.wall_ms()
    async with MqttBus(broker.settings, "ems-witness", "e2e", REAL) as witness, REAL.timeout(50):
        for _ in range(2):
            inbox = await witness.listen(FORECAST)
            fresh: set[str] = set()
            async with process("forecaster", file, rate=1, epoch_ms=began_ms):
                while fresh != {"forecast/pv/state", "forecast/load/state"}:
                    received = await inbox.next()
                    if not received.retained:
                        assert len(orjson.loads(received.payload)["slots"]) == 192
                        fresh.add(received.topic)
    assert (tmp_path / "data" / NAME).exists()

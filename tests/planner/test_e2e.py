"""All of the chain on a real broker: prices and forecasts in, a plan out, a battery that does what it says, and not."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from common.bus import MqttBus
from common.clock import Clock, JumpClock
from common.contract import PLAN, TARIFF, decode
from common.store import Store
from services.balancer.config import Config as BalancerConfig
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.balancer.stage import Energy, FakeBattery, FakeMeter
from tests.brokers import Broker
from tests.planner.home import PARIS, Others, config, serving, tariff

pytestmark = pytest.mark.e2e
LOAD_W = 500.0
METER_S = 5.0


async def until(clock: Clock, is_so: Callable[[], bool]) -> None:
    """Wait for it, three minutes at most."""
    for _ in range(36):
        if is_so():
            return
        await clock.sleep(METER_S)
    pytest.fail("it did not happen within three minutes")


async def test_a_battery_is_charged_while_it_is_cheap_and_balances_again_when_the_price_is_lost(
    broker: Broker, clock: Clock, tmp_path: Path
) -> None:
    """It is nearly empty; electricity is cheap for an hour, and dear afterwards."""
    assert isinstance(clock, JumpClock)
    settings = BalancerConfig.model_validate({"order": ("garage",)})
    mind = Mind(settings, PARIS, SettingsBook(settings))
    mind.lead(1)
    energy = Energy(clock)
    energy.change("house", LOAD_W)
    async with AsyncExitStack() as stack:
        accounts = ("ems-planner", "ems-balancer", "ems-bridge", "ems-others", "ems-witness")
        buses = [await stack.enter_async_context(MqttBus(broker.settings, name, "e2e", clock)) for name in accounts]
        for bus in buses:
            await bus.ready.wait()
        planning, leading, bridge, others, witness = buses
        told = await witness.listen(PLAN)
        store = stack.enter_context(Store(tmp_path / "battery.sqlite", clock, "ems-bridge"))
        battery = FakeBattery(bridge, store, energy, soc_pct=15.0, capacity_wh=5000)
        leader = Leader(mind, leading)
        meter = FakeMeter(bridge, energy, period_s=METER_S)
        await Others(others).introduce()
        await stack.enter_async_context(serving(planning, config(), tmp_path))
        works = (meter.run(), battery.run(), leader.listen(), leader.tick())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            await until(clock, lambda: battery.power_w > 0)
            found = {received.topic: received.payload for received in iter(told.take, None)}
            charging = decode(PLAN, found["plan/garage/state"])[1].slots[0]
            assert charging.intent == "charge"
            assert decode(PLAN, found["plan/main/state"])[1].slots[0].power_w > LOAD_W
            assert battery.told[-1][1] == pytest.approx(charging.power_w, abs=1)
            unknown = tariff(clock.wall_ms(), lambda hour: False, 2)
            slots = tuple(slot.model_copy(update={"price_eur_per_kwh": None}) for slot in unknown.slots)
            await others.publish(TARIFF.at("main"), unknown.model_copy(update={"slots": slots}))
            await until(clock, lambda: battery.power_w < 0)
            assert battery.power_w == pytest.approx(-LOAD_W, abs=20), "in one step"
            await until(clock, lambda: energy.power_w == pytest.approx(0, abs=20))
            await clock.sleep(2 * METER_S)
            taken_back = {received.topic for received in iter(told.take, None) if not received.payload}
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    assert taken_back == {"plan/garage/state", "plan/main/state"}

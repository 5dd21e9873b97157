"""A load that nobody measures and of which nobody knows the power, from its own topics to the balancer and back."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from common.bus import MqttBus
from common.clock import Clock
from services.balancer.config import Config
from services.balancer.loop import session
from tests.brokers import Broker
from tests.guests import Guest, guest
from tests.household import running
from tests.pzem.home import Home

DECISION = "ems/balancer/main/decision/radiator"
HOUSE_W, RADIATOR_W = 300.0, 600.0
CLAMPS = {"consumption": "smeter/pzem/CONSOMMATION", "production": "smeter/pzem/PRODUCTION"}
BALANCER = {
    "grid_meter": "house",
    "order": ["radiator"],
    "devices": {"radiator": {"want": "surplus", "min_on_s": 30, "min_off_s": 30}},
}


@pytest.mark.e2e
@pytest.mark.promise("3.10-03")
async def test_what_it_draws_is_learnt_from_two_clamps_around_the_house(
    broker: Broker, clock: Clock, tmp_path: Path
) -> None:
    """On `regul/uload`: taken for 1,000 W and left off with 750 W of sun, tried with 1,500 W, then on with 750 W."""
    async with Home(broker, clock, tmp_path) as home, AsyncExitStack() as stack:
        radiator = await home.load("radiator", "uload")
        house = await home.meter(CLAMPS["consumption"], HOUSE_W)
        house.flow = lambda: HOUSE_W + RADIATOR_W * radiator.is_on
        sun = await home.meter(CLAMPS["production"], HOUSE_W + 750)
        home.settings["grid"] = {"house": CLAMPS}
        witness = await stack.enter_async_context(guest(broker.settings, DECISION))
        await stack.enter_async_context(home.at(broker))
        bus = await stack.enter_async_context(MqttBus(broker.settings, "ems-balancer", "b0", clock))
        config = Config.model_validate(BALANCER, strict=False)
        runtime = stack.enter_context(running("balancer", config, bus, tmp_path, mqtt=broker.settings))
        balancing = asyncio.create_task(session(runtime))
        try:
            await clock.sleep(120)
            assert not radiator.is_on, "750 W are too little for what may draw 1,000 W"
            sun.flow = lambda: HOUSE_W + 1500
            await clock.sleep(120)
            assert radiator.is_on
            sun.flow = lambda: 0.0
            await clock.sleep(90)
            assert not radiator.is_on
            sun.flow = lambda: HOUSE_W + 750
            await clock.sleep(120)
            assert radiator.is_on, "750 W are enough for what it really draws"
            assert await _believed_w(witness) == pytest.approx(RADIATOR_W, abs=15)
        finally:
            balancing.cancel()
            await asyncio.gather(balancing, return_exceptions=True)


async def _believed_w(witness: Guest) -> float:
    """What the balancer plans with."""
    await witness.caught_up()
    return float(json.loads(witness.payloads(DECISION)[-1])["target_w"])

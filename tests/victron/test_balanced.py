"""The balancer, the bridge and an ESS together: the meter is held at zero, by night the ESS charges by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from common.config import SiteSettings
from services.balancer.config import Config
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.victron.home import Home

pytestmark = pytest.mark.virtual


@asynccontextmanager
async def balancer(home: Home) -> AsyncIterator[None]:
    """One that leads, with the GX's own grid meter."""
    config = Config(grid_meter="grid", order=("cellar",))
    mind = Mind(config, SiteSettings(), SettingsBook(config))
    mind.lead(home.clock.wall_ms())
    leader = Leader(mind, home.bus.plug("ems-balancer", "lead", home.clock))
    work = [asyncio.create_task(each) for each in (leader.listen(), leader.tick())]
    yield
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)


async def test_a_step_of_two_kilowatts_is_settled_as_fast_as_the_ess_can_move(home: Home) -> None:
    await home.ready()
    async with balancer(home):
        await home.clock.sleep(20)
        assert abs(home.grid_w) <= 20
        home.appliance.is_on = True  # 5 s at 400 W/s, and what it takes to notice
        await home.clock.sleep(8)
        assert abs(home.grid_w) <= 50
        await home.clock.sleep(20)
        assert abs(home.grid_w) <= 20
        assert home.battery.power_w == pytest.approx(-2200, abs=30)
    assert {ack.outcome for ack in home.acks()} <= {"accepted", "applied", "partial", "superseded"}
    assert home.alerts() == {}


async def test_in_the_window_of_its_schedule_it_is_told_nothing_and_missed_by_nobody(home: Home) -> None:
    home.set_wall("2026-11-20T21:59:30")
    await home.ready()
    async with balancer(home):
        await home.clock.sleep(15)
        assert home.controls()[-1].mode == "leased"
        await home.clock.sleep(30)
        since_s = home.clock.monotonic()
        await home.clock.sleep(15)
    assert [each for each in home.writes(since_s=since_s) if each.value is not None] == []
    assert home.battery.power_w == pytest.approx(4000, abs=50)
    assert home.alerts() == {}

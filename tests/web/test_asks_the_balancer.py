"""What is asked on the page is what the shipping balancer does, in a house of its own behind real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from common.clock import Clock, JumpClock
from common.config import SiteSettings
from common.store import Store
from services.balancer.config import Config, DevicePolicy
from services.balancer.memory import KEY, recall
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.balancer.stage import Stage, folder_store
from tests.balancer.test_dimmed_loads import HEATER
from tests.web.visitor import Visitor, log_in, visited, wish

CONFIG = Config(
    order=("boiler", "heater", "garage"),
    devices={"boiler": DevicePolicy(want="surplus", power_w=2000.0), "heater": DevicePolicy(want="surplus")},
)


@asynccontextmanager
async def house(clock: Clock, kept: Store | None = None) -> AsyncIterator[tuple[Stage, Visitor]]:
    """A house that draws 500 W, with somebody at the page."""
    assert isinstance(clock, JumpClock)
    with folder_store(clock) as store:
        stage = Stage(clock, store, CONFIG, kept=kept, switches={"boiler": {}}, heater=HEATER, garage={})
        async with stage, visited(stage.bus("ems-web")) as visitor:
            assert (await log_in(visitor)).status == 303
            await stage.play(5)
            yield stage, visitor


@pytest.mark.promise("3.10-10")
async def test_a_load_is_forced_to_a_power_for_a_time_or_not_and_released(clock: Clock) -> None:
    async with house(clock) as (stage, visitor):
        assert await wish(visitor, "force_power_w/heater", "800") == (200, "force_power_w/heater is now 800.")
        await stage.play(20)
        assert stage.batteries["heater"].power_w == pytest.approx(800, abs=2), "without an end"
        assert (await wish(visitor, "force_minutes/heater", "1"))[0] == 200
        await stage.play(40)
        assert stage.batteries["heater"].power_w == pytest.approx(800, abs=2)
        await stage.play(30)
        assert stage.batteries["heater"].power_w == 0, "its time is over"
        assert (await wish(visitor, "force_minutes/boiler", "60"))[0] == 200
        await stage.play(10)
        assert stage.switches["boiler"].on
        assert (await wish(visitor, "force_minutes/boiler", "0"))[0] == 200
        await stage.play(5)
        assert stage.last("decision/boiler")["rule"] != "forced_on"


@pytest.mark.promise("3.10-21")
async def test_the_order_is_changed_on_the_page_and_kept(clock: Clock) -> None:
    """1,500 W of surplus: the first in the order that can take it has it, also after a restart."""
    assert isinstance(clock, JumpClock)
    with folder_store(clock) as kept:
        async with house(clock, kept) as (stage, visitor):
            stage.load_w = -1500
            await stage.play(30)
            assert stage.batteries["heater"].power_w == pytest.approx(1500, abs=10)
            asked = "garage,heater,boiler"
            assert await wish(visitor, "order", asked) == (200, f"order is now {asked}.")
            await stage.play(30)
            assert stage.batteries["garage"].power_w == pytest.approx(1500, abs=10)
            assert stage.batteries["heater"].power_w == 0
        again = Mind(CONFIG, SiteSettings(), SettingsBook(CONFIG))
        recall(again, kept.get(KEY))
        assert again.book.order == ("garage", "heater", "boiler")


async def test_an_order_that_cannot_be_is_refused_in_the_balancers_words(clock: Clock) -> None:
    async with house(clock) as (_, visitor):
        status, text = await wish(visitor, "order", "garage,freezer")
        assert status == 422
        assert "'freezer' is not in the file's order; that has boiler, heater, garage" in text


async def test_the_mode_and_the_batteries_by_hand(clock: Clock) -> None:
    async with house(clock) as (stage, visitor):
        assert (await wish(visitor, "manual_minutes", "30"))[0] == 200
        assert (await wish(visitor, "manual_power_w", "-1200"))[0] == 200
        await stage.play(20)
        assert stage.batteries["garage"].power_w == pytest.approx(-1200, abs=10)
        assert (await wish(visitor, "mode", "off"))[0] == 200
        await stage.play(5)
        assert stage.batteries["garage"].power_w == 0

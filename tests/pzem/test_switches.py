"""Switched loads, of known and of unknown power."""

from pathlib import Path

import pytest

from common.clock import Clock
from common.contract import SWITCH_STATE
from tests.brokers import Broker
from tests.pzem.home import Home


@pytest.fixture
def home(broker: Broker, clock: Clock, tmp_path: Path) -> Home:
    return Home(broker, clock, tmp_path)


@pytest.mark.promise("3.10-03")
async def test_a_switched_load_is_switched_on_and_off_by_its_owners_words(home: Home) -> None:
    async with home:
        pump = await home.load(power_w=600)
        await home.ready()
        cmd_id = await home.order(on=True, to="pump")
        assert pump.is_on
        assert home.outcomes(cmd_id, "pump") == ["accepted", "applied"]
        assert (home.info("pump")["max_w"], home.info("pump")["capabilities"]) == (600, ("switch",))
        await home.order(on=False, to="pump")
        assert not pump.is_on
        state = home.last(SWITCH_STATE, "pump")
        assert (state.on, state.power_w) == (False, 0)


@pytest.mark.promise("3.10-03")
async def test_a_load_of_unknown_power_says_so_and_shows_what_it_draws_once_it_runs(home: Home) -> None:
    async with home:
        await home.load("radiator", "uload", meter="smeter/pzem/radiator")
        await home.ready()
        assert "max_w" not in home.info("radiator")
        assert home.info("radiator")["model"] == "switched load of unknown power"
        await home.order(on=True, to="radiator")
        await home.clock.sleep(3.0)
        assert home.last(SWITCH_STATE, "radiator").power_w == 600


async def test_of_a_load_that_is_on_without_a_meter_the_power_is_unknown(home: Home) -> None:
    async with home:
        await home.load(power_w=600)
        await home.ready()
        await home.order(on=True, to="pump")
        state = home.last(SWITCH_STATE, "pump")
        assert (state.on, state.power_w) == (True, None)


@pytest.mark.promise("3.10-16")
async def test_an_orderly_stop_and_a_lease_that_ends_switch_it_off(home: Home) -> None:
    async with home:
        pump = await home.load()
        await home.ready()
        await home.order(on=True, to="pump", ttl_s=10)
        await home.clock.sleep(10.0)
        assert not pump.is_on
        await home.order(on=True, to="pump")
        assert pump.is_on
        await home.stop()
        assert not pump.is_on


async def test_a_load_that_says_nothing_has_no_position(home: Home) -> None:
    async with home:
        pump = await home.load()
        pump.is_deaf = True
        await home.ready()
        cmd_id = await home.order(on=True, to="pump", ttl_s=60)
        await home.clock.sleep(35.0)
        assert home.heard(SWITCH_STATE, "pump") == []
        assert home.outcomes(cmd_id, "pump")[-1] == "timeout"
        assert home.availability("pump") == ["offline"]

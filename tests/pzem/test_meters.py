"""Meters at a real broker: all three kinds, two clamps as one grid, and every way in which they can be wrong."""

from pathlib import Path

import pytest

from common.clock import Clock
from common.contract import INFO, LOAD_STATE, METER_STATE, PV_STATE
from tests.brokers import Broker
from tests.guests import guest
from tests.pzem.home import Home

HOUSE = {"house": {"consumption": "smeter/pzem/CONSOMMATION", "production": "smeter/pzem/PRODUCTION"}}
OLDER = {"house": {"consumption": "pzem/0", "production": "pzem/1"}}


@pytest.fixture
def home(broker: Broker, clock: Clock, tmp_path: Path) -> Home:
    return Home(broker, clock, tmp_path)


@pytest.mark.promise("3.10-01")
async def test_meters_of_each_generation_are_told_as_what_they_hang_before(home: Home) -> None:
    async with home:
        await home.meter("smeter/pzem/ECS", 1200.5)
        await home.meter("smeter/pzem/PRODUCTION", 2600, "v2")
        await home.meter("pzem/0", 431, "older")
        home.settings["meters"] = {
            "hot_water": {"topic": "smeter/pzem/ECS"},
            "roof": {"topic": "smeter/pzem/PRODUCTION", "measures": "pv"},
            "kitchen": {"topic": "pzem/0", "measures": "meter", "phase": 2},
        }
        await home.ready(settle_s=12.0)
        heater, roof = home.last(LOAD_STATE, "hot_water"), home.last(PV_STATE, "roof")
        assert (heater.power_w, heater.energy_import_wh) == (1200.5, 12_340)
        assert (roof.production_w, roof.energy_production_wh) == (2600, 12_340)
        assert home.last(METER_STATE, "kitchen").power_w == 431
        assert home.last(INFO, "meter", "kitchen").phase == 2


@pytest.mark.promise("3.10-01")
@pytest.mark.parametrize(("grid", "older"), [(HOUSE, False), (OLDER, True)])
async def test_two_clamps_are_one_grid_meter(home: Home, grid: dict[str, dict[str, str]], older: bool) -> None:
    async with home:
        consumption = await home.meter(grid["house"]["consumption"], 400, "older" if older else "v3")
        await home.meter(grid["house"]["production"], 2600, "older" if older else "v3")
        home.settings["grid"] = grid
        await home.ready(settle_s=12.0)
        assert home.last(METER_STATE, "house").power_w == -2200
        consumption.flow = lambda: 3000.0
        await home.clock.sleep(10.0)
        assert home.last(METER_STATE, "house").power_w == 400
        assert home.availability("house", "meter") == ["online"]


@pytest.mark.promise("3.10-15")
async def test_a_clamp_that_is_silent_is_noticed_by_the_clock_and_nothing_is_told(home: Home) -> None:
    """The older program looks at a meter's age only when a message comes; with none, nothing happens."""
    async with home:
        meters = [await home.meter(topic, 500) for topic in HOUSE["house"].values()]
        home.settings["grid"] = HOUSE
        await home.ready()
        for meter in meters:
            await meter.unplug()
        told = len(home.heard(METER_STATE, "house"))
        await home.clock.sleep(33.0)
        assert home.availability("house", "meter") == ["online", "offline"]
        assert "silent-house" in home.alerts()
        assert len(home.heard(METER_STATE, "house")) == told
        for meter in meters:
            await meter.plug_in()
        await home.clock.sleep(5.0)
        assert home.availability("house", "meter")[-1] == "online"
        assert home.alerts() == {}


async def test_two_clamps_are_one_reading_each_time_of_what_was_measured_together(home: Home) -> None:
    """Each new reading with the other clamp's old one would be a second answer, wrong by what changed meanwhile."""
    async with home:
        consumption = await home.meter(HOUSE["house"]["consumption"], 400)
        production = await home.meter(HOUSE["house"]["production"], 2600)
        home.settings["grid"] = HOUSE
        await home.ready(settle_s=10.0)
        told = len(home.heard(METER_STATE, "house"))
        for _ in range(10):
            consumption.flow = production.flow = lambda: 3000.0
            await home.clock.sleep(1.7)
            consumption.flow = production.flow = lambda: 500.0
            await home.clock.sleep(1.7)
        said = [state.power_w for state in home.heard(METER_STATE, "house")[told:]]
        assert 19 <= len(said) <= 22
        assert set(said[1:]) == {0}


async def test_one_clamp_alone_is_no_grid(home: Home) -> None:
    async with home:
        production = await home.meter("smeter/pzem/PRODUCTION", 2600)
        await home.meter("smeter/pzem/CONSOMMATION", 400)
        home.settings["grid"] = HOUSE
        await home.ready()
        await production.unplug()
        await home.clock.sleep(8.0)
        told = len(home.heard(METER_STATE, "house"))
        await home.clock.sleep(20.0)
        assert len(home.heard(METER_STATE, "house")) == told


@pytest.mark.parametrize("module", ["v3", "v2", "older"])
async def test_a_module_that_cannot_be_read_is_never_zero(home: Home, module: str) -> None:
    """Each generation fails in its own way: an error object, zeros, silence."""
    async with home:
        meter = await home.meter("smeter/pzem/ECS", 1200, module)  # type: ignore[arg-type]  # one of the three
        home.settings["meters"] = {"hot_water": {"topic": "smeter/pzem/ECS"}}
        await home.ready(settle_s=8.0)
        meter.is_failing = True
        await home.clock.sleep(40.0)
        assert {state.power_w for state in home.heard(LOAD_STATE, "hot_water")} == {1200}
        assert home.availability("hot_water", "load") == ["online", "offline"]
        assert "silent-hot_water" in home.alerts()


@pytest.mark.parametrize(
    "text", ["", "nan", "[]", '{"voltage": 230.00, "power": nan}', '{"power": "12"}', '{"voltage": 230, "power": -4}']
)
async def test_rubbish_is_no_reading(home: Home, text: str) -> None:
    async with home:
        meter = await home.meter("smeter/pzem/ECS", 1200)
        meter.says = text
        home.settings["meters"] = {"hot_water": {"topic": "smeter/pzem/ECS"}}
        await home.ready(settle_s=40.0)
        assert home.heard(LOAD_STATE, "hot_water") == []
        assert home.availability("hot_water", "load") == ["offline"]


async def test_strangers_and_texts_at_the_base_change_nothing(home: Home) -> None:
    async with home, guest(home.broker.settings) as somebody:
        await home.meter("smeter/pzem/ECS", 1200)
        home.settings["meters"] = {"hot_water": {"topic": "smeter/pzem/ECS"}}
        await home.ready()
        for text in ("", "{", "on", '{ "type":pzem, "id":STRANGER, "pzem_version":v2}', '{"voltage": 230, "power": 7}'):
            await somebody.say("smeter/pzem", text)
            await somebody.say("smeter/pzem/STRANGER", text)
        await home.clock.sleep(10.0)
        assert {state.power_w for state in home.heard(LOAD_STATE, "hot_water")} == {1200}
        assert home.alerts() == {}


async def test_a_retained_reading_is_of_a_time_that_nobody_knows(home: Home) -> None:
    async with home, guest(home.broker.settings) as somebody:
        await somebody.say("smeter/pzem/ECS", '{"voltage": 230.0, "power": 900.0}', retain=True)
        home.settings["meters"] = {"hot_water": {"topic": "smeter/pzem/ECS"}}
        await home.ready()
        assert home.heard(LOAD_STATE, "hot_water") == []

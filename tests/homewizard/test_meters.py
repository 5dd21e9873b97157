"""kWh meters before a source, a load and a part of the house, and a water meter: what they measure, in our words."""

import pytest

from common.clock import Clock
from common.contract import LOAD_STATE, METER_STATE, PV_STATE
from services.simulator.homewizard import KwhFake, of_load, of_production
from services.simulator.physics import PlainAppliance, SwitchedLoad
from tests.homewizard.home import Home


async def test_production_is_positive_and_has_its_own_word(home: Home) -> None:
    await home.meter("roof", measures="pv")
    await home.ready(settle_s=60)
    state = home.heard(PV_STATE, "roof")[-1]
    assert state.production_w == 1500
    assert state.energy_production_wh == pytest.approx(1500 * 60 / 3600, abs=3)
    assert home.infos("roof", "pv")[-1].model == "HWE-KWH1"
    assert home.availability("roof", "pv") == ["online"]


async def test_swapped_wires_are_a_setting(home: Home) -> None:
    fake = KwhFake(of_production(home.house, inverted=True), home.clock)
    await home.meter("roof", fake, measures="pv", inverted=True)
    await home.ready(settle_s=60)
    state = home.heard(PV_STATE, "roof")[-1]
    assert state.production_w == 1500
    assert state.energy_production_wh == pytest.approx(25, abs=3)


async def test_a_source_that_seems_to_consume_for_minutes_is_told(home: Home, clock: Clock) -> None:
    await home.meter("roof", KwhFake(of_production(home.house, inverted=True), clock), measures="pv")
    await home.ready(settle_s=60)
    assert home.heard(PV_STATE, "roof")[-1].production_w == 0
    assert not home.alerts()
    await clock.sleep(90)
    assert "inverted: true" in home.alerts()["backwards-roof"].advice


async def test_a_load_is_told_as_a_load(home: Home) -> None:
    pump = home.house.house.switched["pump"] = SwitchedLoad(PlainAppliance(750), is_on=True)
    await home.meter("heat_pump", KwhFake(of_load(home.house, pump), home.clock, phases=3), measures="load", phase=3)
    await home.ready()
    assert home.heard(LOAD_STATE, "heat_pump")[-1].power_w == 750
    assert home.infos("heat_pump", "load")[-1].phase == 3


async def test_a_part_of_the_house_is_told_phase_by_phase(home: Home) -> None:
    pump = home.house.house.switched["pump"] = SwitchedLoad(PlainAppliance(1000), is_on=True)
    await home.meter("annex", KwhFake(of_load(home.house, pump), home.clock, phases=3))
    await home.ready()
    state = home.heard(METER_STATE, "annex")[-1]
    assert (state.power_w, state.power_l1_w, state.power_l3_w) == (1000, 400, 250)
    assert state.voltage_l2_v == 230


@pytest.mark.parametrize("api", ["auto", "v2"])
async def test_a_meter_that_is_paired_is_read_over_v2(home: Home, api: str) -> None:
    fake = await home.meter("roof", measures="pv", api=api)
    await home.pair(fake, "roof")
    await home.ready()
    assert home.heard(PV_STATE, "roof")[-1].production_w == 1500
    assert fake.open_streams == 1
    assert not fake.journal.of("request", "GET /api/v1/data")


async def test_a_meter_that_must_be_paired_and_is_not_says_how(home: Home) -> None:
    await home.meter("roof", measures="pv", api="v2")
    await home.ready()
    alert = home.alerts()["pair-roof"]
    assert "ballast pair homewizard" in alert.text + alert.advice
    assert home.availability("roof", "pv") == ["offline"]


async def test_water_is_a_meter_without_power(home: Home, clock: Clock) -> None:
    fake = await home.water()
    fake.open_tap(10)
    await home.ready(settle_s=120)
    states = home.heard(METER_STATE, "water")
    assert states[-1].water_m3 == pytest.approx(fake.total_m3, abs=0.01)
    assert states[-1].power_w is None
    assert states[-1].water_m3 - (states[0].water_m3 or 0) > 0.01  # type: ignore[operator]  # told a line above
    assert len(states) == pytest.approx(8, abs=1)


async def test_nothing_is_asked_more_often_than_it_is_set_to(home: Home, clock: Clock) -> None:
    """F26."""
    meter, water, socket = await home.meter(), await home.water(), await home.socket(poll_s=10)
    await home.ready(settle_s=0)
    await clock.sleep(600)
    assert len(meter.journal.of("request", "GET /api/v1/data")) <= 121
    assert len(water.journal.of("request", "GET /api/v1/data")) <= 41
    assert len(socket.journal.of("request", "GET /api/v1/data")) <= 61

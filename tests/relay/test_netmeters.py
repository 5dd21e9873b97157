"""A single net meter that another program reads: a Linky over MQTT, or any smart meter."""

from typing import Any

import pytest
from pydantic import ValidationError

from common.contract import METER_STATE
from services.relay.config import Config
from tests.relay.home import Home

LINKY: dict[str, Any] = {
    "drawn": {"topic": "tic/SINSTS"},
    "fed_in": {"topic": "tic/SINSTI"},
    "energy_import": {"topic": "tic/EAST"},
}


async def frame(home: Home, drawn: str, fed_in: str) -> None:
    """What a Linky tells, value after value."""
    for topic, payload in (("tic/EAST", "4711"), ("tic/SINSTS", drawn), ("tic/SINSTI", fed_in)):
        home.says(topic, payload)
        await home.clock.sleep(0.1)


@pytest.mark.promise("3.10-02")
async def test_a_linky_is_a_meter_of_the_house(home: Home) -> None:
    home.set("meters", "linky", **LINKY)
    await home.ready()
    await frame(home, "812", "0")
    await frame(home, "0", "1300")
    said = home.heard(METER_STATE, "linky")
    assert [state.power_w for state in said] == [812, -1300]
    assert said[-1].energy_import_wh == 4711
    assert home.availability("linky", "meter")[-1] == "online"


@pytest.mark.promise("3.10-02")
async def test_a_net_power_is_told_as_it_comes(home: Home) -> None:
    home.set("meters", "smart", power={"topic": "dsmr/power", "field": "net", "scale": 1000})
    await home.ready()
    for net_kw in (0.4, -1.25):
        home.says("dsmr/power", f'{{"net": {net_kw}}}')
        await home.clock.sleep(0.1)
    assert [state.power_w for state in home.heard(METER_STATE, "smart")] == [400, -1250]


async def test_half_a_frame_is_no_reading(home: Home) -> None:
    """Drawn 800 W, then fed in: for a moment both would be above zero."""
    home.set("meters", "linky", **LINKY)
    await home.ready()
    await frame(home, "800", "0")
    home.says("tic/SINSTI", "500")
    await home.clock.sleep(1)
    assert [state.power_w for state in home.heard(METER_STATE, "linky")] == [800]


async def test_what_the_broker_kept_is_no_reading(home: Home) -> None:
    home.set("meters", "smart", power={"topic": "dsmr/power"})
    home.says("dsmr/power", "900", retain=True, kept=True)
    await home.ready()
    assert home.heard(METER_STATE, "smart") == []


@pytest.mark.parametrize("rubbish", ["nan", "", "unavailable", "9999999"])
async def test_what_cannot_be_is_no_reading(home: Home, rubbish: str) -> None:
    home.set("meters", "smart", power={"topic": "dsmr/power"})
    await home.ready()
    home.says("dsmr/power", "900")
    await home.clock.sleep(1)
    home.says("dsmr/power", rubbish)
    await home.clock.sleep(1)
    assert [state.power_w for state in home.heard(METER_STATE, "smart")] == [900]


async def test_a_silent_meter_is_noticed_by_the_clock(home: Home) -> None:
    home.set("meters", "smart", power={"topic": "dsmr/power"}, stale_after_s=30)
    await home.ready()
    home.says("dsmr/power", "900")
    await home.clock.sleep(28)
    assert home.availability("smart", "meter")[-1] == "online"
    await home.clock.sleep(5)
    assert home.availability("smart", "meter")[-1] == "offline"


@pytest.mark.parametrize("said", [{}, {"drawn": {"topic": "a"}}, {**LINKY, "power": {"topic": "b"}}])
def test_a_meter_tells_both_ways(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either power, or both drawn and fed_in"):
        Config.model_validate({"meters": {"linky": said}})

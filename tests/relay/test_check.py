"""`ballast check` tries each switch and says what it found."""

import pytest

from services.relay.check import look
from services.relay.config import Config
from services.relay.switches import EspHomeSettings, PlainSettings
from tests.relay.home import Home


async def finding(home: Home, name: str = "boiler") -> tuple[bool, str]:
    config = Config.model_validate(home.settings)
    settings = dict(config.switches())[name]
    found = await look(name, settings, home.air, home.clock)
    return found.is_well, found.text


@pytest.mark.parametrize("family", ["tasmota", "shelly", "zigbee"])
async def test_a_switch_that_answers_is_described_and_not_switched(home: Home, family: str) -> None:
    fake = getattr(home, family)()
    await home.clock.sleep(0.1)
    is_well, text = await finding(home)
    assert is_well
    assert "off, 0 W" in text
    assert not fake.moves


async def test_a_switch_that_is_silent_or_offline_is_told_with_advice(home: Home) -> None:
    fake = home.tasmota()
    fake.is_deaf = True
    is_well, text = await finding(home)
    assert not is_well
    assert "stat/tasmota_1A2B3C/+" in text
    home.says("tele/tasmota_1A2B3C/LWT", "Offline", retain=True)
    assert "offline" in (await finding(home))[1]


async def test_what_cannot_be_verified_is_named(home: Home) -> None:
    found = await look("fan", PlainSettings(command_topic="fan/set"), home.air, home.clock)
    assert "cannot be verified" in found.text


async def test_a_node_is_known_by_what_the_broker_keeps_of_it(home: Home) -> None:
    home.says("node/status", "online", retain=True)
    home.says("node/switch/pump/state", "ON", retain=True)
    found = await look("pump", EspHomeSettings(prefix="node", switch="pump"), home.air, home.clock)
    assert (found.is_well, found.text) == (True, "ESPHome, on")

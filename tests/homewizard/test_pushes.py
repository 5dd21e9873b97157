"""Batteries push; while they do not they are asked, seldom, and nothing old is taken for new."""

import pytest

from common.clock import Clock
from common.contract import BATTERY_STATE
from services.simulator.homewizard import BatteryFake
from tests.homewizard.home import Home

ASKED = "GET /api/measurement"


async def heard_since(home: Home, since_s: float) -> int:
    """How many states of the battery were published."""
    name = BATTERY_STATE.at("left").name
    return sum(said.topic == name and said.at_s > since_s for said in home.said)


@pytest.fixture
async def battery(home: Home) -> BatteryFake:
    """One that pushes."""
    fake = await home.battery()
    await home.ready()
    return fake


async def test_a_battery_is_heard_each_second_and_not_asked(home: Home, clock: Clock, battery: BatteryFake) -> None:
    began_s = clock.monotonic()
    await clock.sleep(60)
    assert await heard_since(home, began_s) == pytest.approx(60, abs=3)
    assert not battery.journal.of("request", ASKED, since_s=began_s)
    assert battery.open_streams == 1
    assert (home.infos("left", "battery")[-1].poll_s, home.infos("left", "battery")[-1].stale_after_s) == (1, 30)


async def test_a_silence_is_filled_by_asking_each_ten_seconds(home: Home, clock: Clock, battery: BatteryFake) -> None:
    """F26: and the websocket that answers pings and brings nothing is closed, and tried again later."""
    battery.faults.stalled = True
    began_s = clock.monotonic()
    await clock.sleep(300)
    asked = battery.journal.of("request", ASKED, since_s=began_s)
    assert 20 <= len(asked) <= 31
    assert await heard_since(home, began_s) == pytest.approx(len(asked), abs=2)
    assert home.availability("left", "battery") == ["online"]
    assert len(battery.journal.of("stream_opened", since_s=began_s)) >= 1
    battery.faults.stalled = False
    await clock.sleep(120)
    mended_s = clock.monotonic()
    await clock.sleep(30)
    assert await heard_since(home, mended_s) >= 25


async def test_a_line_that_dies_silently_is_noticed(home: Home, clock: Clock, battery: BatteryFake) -> None:
    """F25."""
    battery.half_open()
    await clock.sleep(90)
    since_s = clock.monotonic()
    await clock.sleep(30)
    assert await heard_since(home, since_s) >= 25
    assert home.availability("left", "battery") == ["online"]


async def test_the_first_sample_of_a_connection_is_not_believed(home: Home, clock: Clock) -> None:
    """The fact sheet: some replay an old one after each reconnect."""
    fake = await home.battery(soc_pct=50)
    await home.group(members=["left"])
    await home.ready(settle_s=30)
    fake.replay()
    await clock.sleep(120)
    since_s = clock.monotonic()
    old = home.heard(BATTERY_STATE, "left")[-1]
    for _ in range(5):
        await fake.reboot()
        await clock.sleep(30)
    name = BATTERY_STATE.at("left").name
    new = [said for said in home.said if said.topic == name and said.at_s > since_s]
    assert len(new) > 60
    charges = [state.soc_pct for state in home.heard(BATTERY_STATE, "left")[-len(new) :] if state.soc_pct is not None]
    assert old.soc_pct is not None
    assert charges == sorted(charges)
    assert charges[0] >= old.soc_pct


async def test_a_push_that_makes_no_sense_is_not_used(home: Home, clock: Clock, battery: BatteryFake) -> None:
    battery.faults.babble = "text_for_number"
    await clock.sleep(3)
    since_s = clock.monotonic()
    await clock.sleep(45)
    assert await heard_since(home, since_s) == 0
    battery.faults.babble = None
    await clock.sleep(45)
    assert home.availability("left", "battery")[-1] == "online"

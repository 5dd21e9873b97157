"""The way to a GX: kept awake by us, watched by its heartbeat, and believed only while both hold."""

import pytest

from services.simulator.victron import PORTAL
from tests.victron.home import Home

pytestmark = pytest.mark.virtual

KEEPALIVE = f"R/{PORTAL}/keepalive"


def words(home: Home) -> list[str]:
    """With what it was kept awake."""
    return [payload for _, topic, payload in home.line.said if topic == KEEPALIVE]


async def test_grid_battery_and_sun_are_told_each_second_as_they_change(home: Home) -> None:
    home.renew(1000.0)
    await home.ready(settle_s=30)
    meter, battery, sun = home.meters()[-1], home.states()[-1], home.suns()[-1]
    assert meter.power_w == meter.power_l1_w == pytest.approx(1200, abs=30)
    assert (meter.power_l2_w, meter.power_l3_w) == (None, None)  # phases that do not exist are not 0
    assert meter.energy_import_wh is not None
    assert battery.power_w == pytest.approx(1000, abs=30)
    assert battery.soc_pct == pytest.approx(60, abs=0.5)
    assert battery.temperature_c == 21.5
    assert sun.production_w == 300
    assert home.availability() == home.availability("grid") == home.availability("roof") == ["online"]


async def test_it_is_kept_awake_and_seldom_made_to_repeat_everything(home: Home) -> None:
    await home.ready(settle_s=595)
    full = [word for word in words(home) if "echo" in word]
    assert len(full) == 2  # at the start, and after five minutes
    assert 16 <= len(words(home)) - len(full) <= 22
    assert home.availability() == ["online"]


async def test_a_silent_gx_is_not_believed_and_is_given_up_after_half_a_minute(home: Home) -> None:
    await home.ready(settle_s=10)
    home.gx.is_mute = True
    await home.clock.sleep(11)
    count = len(home.meters())
    cmd_id = await home.order(1000.0)
    await home.clock.sleep(9)
    assert len(home.meters()) == count
    assert home.became(cmd_id) == ["timeout"]
    assert home.availability() == ["online"]
    await home.clock.sleep(20)
    assert home.availability()[-1] == home.availability("grid")[-1] == "offline"
    assert home.states()[-1].soc_pct is None
    assert home.controls()[-1].mode == "offline"
    assert "silent-cellar" in home.alerts()


async def test_when_it_talks_again_all_is_well_again(home: Home) -> None:
    await home.ready(settle_s=10)
    home.gx.is_mute = True
    await home.clock.sleep(90)
    home.gx.is_mute = False
    await home.clock.sleep(30)
    assert home.availability()[-1] == home.availability("grid")[-1] == "online"
    assert home.alerts() == {}
    cmd_id = await home.order(1000.0)
    await home.clock.sleep(9)
    assert home.became(cmd_id) == ["applied"]


async def test_after_a_lost_connection_nothing_that_was_known_is_believed(home: Home) -> None:
    await home.ready(settle_s=10)
    home.line.ready.clear()
    await home.clock.sleep(5)
    count, asked = len(home.meters()), len(words(home))
    home.line.ready.set()
    await home.clock.sleep(3)
    assert len(home.meters()) > count
    assert "echo" in words(home)[asked]


async def test_its_program_that_starts_anew_is_asked_for_everything_at_once(home: Home) -> None:
    await home.ready(settle_s=10)
    home.gx.restart()
    asked = len(words(home))
    home.wire.publish(f"N/{PORTAL}/keepalive", b"1", False)
    await home.clock.sleep(1)
    assert "echo" in words(home)[asked]


async def test_a_null_is_not_zero(home: Home) -> None:
    await home.ready()
    home.wire.publish(f"N/{PORTAL}/system/0/Dc/Battery/Soc", b'{"value":null}', False)
    await home.clock.sleep(0.8)
    assert home.states()[-1].soc_pct is None


async def test_an_inverter_that_goes_to_sleep_is_unknown_and_not_zero(home: Home) -> None:
    await home.ready(settle_s=10)
    home.gx.lose("pvinverter/36")
    await home.clock.sleep(5)
    assert (home.suns()[-1].production_w, home.suns()[-1].quality) == (None, "bad")
    assert home.availability("roof") == ["online"]


async def test_without_its_grid_meter_nothing_is_said_of_the_grid_and_orders_wait(home: Home) -> None:
    await home.ready(settle_s=10)
    home.gx.lose("grid/30")
    await home.clock.sleep(3)
    count = len(home.meters())
    cmd_id = await home.order(1000.0)
    await home.clock.sleep(5)
    assert len(home.meters()) == count
    assert home.availability("grid")[-1] == "offline"
    assert home.became(cmd_id) == ["failed"]


async def test_a_gx_without_a_heartbeat_is_too_old(home: Home) -> None:
    home.drops = "heartbeat"
    await home.ready(settle_s=50)
    assert "old-cellar" in home.alerts()
    assert "silent-cellar" not in home.alerts()
    assert home.meters() == []


async def test_a_clock_that_is_wrong_is_told_because_schedules_follow_it(home: Home) -> None:
    await home.ready(settle_s=4)
    home.wire.publish(f"N/{PORTAL}/heartbeat", b'{"value":1000000}', False)
    await home.clock.sleep(0.6)
    assert "clock-cellar" in home.alerts()


async def test_rubbish_is_counted_and_harms_nothing(home: Home) -> None:
    await home.ready()
    for payload in (b"{", b"[1]", b'{"val":1}', b"\xff", b"null"):
        home.wire.publish(f"N/{PORTAL}/system/0/Dc/Battery/Soc", payload, False)
    await home.clock.sleep(5)
    assert home.states()[-1].soc_pct == pytest.approx(60, abs=0.5)


async def test_everything_but_what_it_tells_of_another_gx_is_ignored(home: Home) -> None:
    home.have(portal="aaaaaaaaaaaa")
    await home.ready(settle_s=40)
    assert [state for state in home.states() if state.soc_pct is not None] == []
    assert home.meters() == []
    assert home.writes() == []

"""Others who steer the same battery are seen and respected."""

import pytest

from services.simulator.victron.installation import DYNAMIC_ESS, HUB4_MODE, STATE
from tests.victron.home import Home

pytestmark = pytest.mark.virtual

SETPOINT = "hub4/0/Overrides/Setpoint"


@pytest.mark.parametrize(
    ("path", "value", "mode"),
    [(DYNAMIC_ESS, 1, "dynamic_ess"), (HUB4_MODE, 3, "external"), (STATE, 9, "keep_charged")],
)
async def test_beside_another_master_nothing_is_touched(home: Home, path: str, value: float, mode: str) -> None:
    home.gx.set_by_hand(path, value)
    await home.ready()
    assert home.infos()[-1].capabilities == ()
    cmd_id, reserve_id = await home.order(1500.0), await home.hold(minimum=30, target=90)
    await home.clock.sleep(20)
    assert home.became(cmd_id) == home.became(reserve_id) == ["failed"]
    assert home.writes() == []
    assert home.states()[-1].mode == mode
    assert home.controls()[-1].mode == "manual"
    assert "master-cellar" in home.alerts()


async def test_when_the_other_master_goes_orders_work_again(home: Home) -> None:
    home.gx.set_by_hand(DYNAMIC_ESS, 1)
    await home.ready()
    home.gx.set_by_hand(DYNAMIC_ESS, 0)
    await home.clock.sleep(65)  # its last override lapses
    home.renew(1500.0)
    await home.clock.sleep(20)
    assert home.battery.power_w == pytest.approx(1500, abs=20)
    assert "master-cellar" not in home.alerts()


async def test_a_master_that_comes_under_an_order_has_the_battery_at_once(home: Home) -> None:
    await home.ready()
    home.renew(1500.0)
    await home.clock.sleep(20)
    home.gx.set_by_hand(DYNAMIC_ESS, 1)
    await home.clock.sleep(3)
    since_s = home.clock.monotonic()
    await home.clock.sleep(30)
    assert home.writes(since_s=since_s) == []
    assert home.acks()[-1].outcome in ("failed", "accepted")
    assert home.states()[-1].mode == "dynamic_ess"


async def test_another_program_that_writes_the_set_point_is_left_alone_while_it_does(home: Home) -> None:
    await home.ready()
    home.gx.write_by_hand(SETPOINT, -900.0)
    home.renew(1500.0)
    await home.clock.sleep(15)
    assert home.inside(SETPOINT) == -900.0
    assert home.infos()[-1].capabilities == ("reserve",)
    assert (home.controls()[-1].mode, "rival-cellar" in home.alerts()) == ("manual", True)
    await home.clock.sleep(60)  # it writes no more, and its override lapses
    assert home.battery.power_w == pytest.approx(1500, abs=20)
    assert "rival-cellar" not in home.alerts()


async def test_a_rival_that_comes_under_an_order_has_the_set_point_and_it_is_not_taken_back(home: Home) -> None:
    await home.ready()
    home.renew(1500.0)
    await home.clock.sleep(15)
    home.gx.write_by_hand(SETPOINT, -900.0)
    await home.clock.sleep(1)
    since_s = home.clock.monotonic()
    await home.clock.sleep(30)
    home.let_go()
    await home.stop()
    assert home.writes(since_s=since_s) == []
    assert home.inside(SETPOINT) == -900.0


async def test_in_its_own_charging_window_the_gx_is_not_disturbed(home: Home) -> None:
    home.set_wall("2026-11-20T23:00:00")
    await home.ready()
    assert home.infos()[-1].capabilities == ("reserve",)
    cmd_id = await home.order(-500.0)
    await home.clock.sleep(12)
    assert home.became(cmd_id) == ["failed"]
    assert home.battery.power_w > 3000  # it charges to its target
    assert (home.states()[-1].mode, home.alerts()) == ("schedule", {})


async def test_on_an_island_the_battery_is_left_alone_and_a_dead_meter_says_nothing(home: Home) -> None:
    await home.ready()
    home.gx.dbus.set("vebus/274/Alarms/GridLost", 2)
    await home.clock.sleep(3)
    count, since_s = len(home.meters()), home.clock.monotonic()
    cmd_id = await home.order(1500.0)
    await home.clock.sleep(15)
    assert home.became(cmd_id) == ["failed"]
    assert [each for each in home.writes(since_s=since_s) if each.value is not None] == []
    assert len(home.meters()) == count
    assert home.states()[-1].mode == "backup"
    assert "islanded-cellar" in home.alerts()

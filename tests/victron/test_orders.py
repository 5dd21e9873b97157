"""Set-points for the battery of an ESS: carried by an override of the meter's set-point, which wears nothing."""

from itertools import pairwise

import pytest

from services.simulator.victron.dbus import Item
from tests.victron.home import Home

pytestmark = pytest.mark.virtual

SETPOINT = "hub4/0/Overrides/Setpoint"


@pytest.mark.parametrize("power_w", [1500.0, -400.0, 0.0])
async def test_an_order_is_carried_out_verified_and_measured(home: Home, power_w: float) -> None:
    await home.ready()
    home.renew(power_w)
    await home.clock.sleep(30)
    assert home.battery.power_w == pytest.approx(power_w, abs=20)
    assert home.states()[-1].power_w == pytest.approx(power_w, abs=20)
    assert "applied" in [ack.outcome for ack in home.acks()]
    assert (home.controls()[-1].mode, home.states()[-1].mode) == ("leased", "setpoint")
    assert home.flash_writes() == 0


async def test_the_battery_keeps_its_power_while_the_house_changes(home: Home) -> None:
    """The GX regulates the meter, so the set-point must follow the house."""
    await home.ready()
    home.renew(1000.0)
    await home.clock.sleep(20)
    home.appliance.is_on = True  # 2 kW
    await home.clock.sleep(8)
    assert home.battery.power_w == pytest.approx(1000, abs=30)
    assert home.inside(SETPOINT) == pytest.approx(3200, abs=30)


async def test_a_lease_that_ends_gives_the_battery_back_to_ess(home: Home) -> None:
    await home.ready()
    await home.order(1500.0)
    await home.clock.sleep(29)
    assert home.battery.power_w == pytest.approx(1500, abs=20)
    await home.clock.sleep(3)
    assert home.inside(SETPOINT) is None
    await home.clock.sleep(10)
    assert home.house.house.grid_w == pytest.approx(50, abs=20)  # what the owner has set
    assert home.controls()[-1].mode == "safe"


async def test_an_orderly_stop_takes_the_override_back(home: Home) -> None:
    await home.ready()
    home.renew(1500.0)
    await home.clock.sleep(20)
    home.let_go()
    await home.stop()
    assert home.inside(SETPOINT) is None
    assert home.controls()[-1].mode == "autonomous"


async def test_when_the_bridge_dies_the_override_lapses_by_itself(home: Home) -> None:
    await home.ready()
    home.renew(1500.0)
    await home.clock.sleep(20)
    home.let_go()
    await home.kill()
    await home.clock.sleep(62)
    assert home.inside(SETPOINT) is None


async def test_what_a_dead_bridge_left_there_is_taken_back_at_the_next_start(home: Home) -> None:
    home.gx.ess.lapses_s = 10_000
    await home.ready()
    home.renew(1500.0)
    await home.clock.sleep(20)
    home.let_go()
    await home.kill()
    assert home.inside(SETPOINT) is not None
    await home.ready()
    assert home.inside(SETPOINT) is None
    assert "rival-cellar" not in home.alerts()


async def test_the_override_is_written_once_a_second_at_most_and_each_quarter_of_a_minute_at_least(home: Home) -> None:
    await home.ready()
    home.renew(700.0)
    await home.clock.sleep(120)
    times = [each.at_s for each in home.writes(SETPOINT)]
    assert all(1.0 <= after - before <= 16.0 for before, after in pairwise(times))


async def test_an_order_beyond_what_it_can_is_limited_and_said_so(home: Home) -> None:
    home.have(max_charge_w=2000)
    await home.ready()
    cmd_id = await home.order(3500.0)
    await home.clock.sleep(15)
    assert home.battery.power_w == pytest.approx(2000, abs=20)
    assert [(ack.outcome, ack.applied_w) for ack in home.acks(cmd_id)] == [("accepted", 2000), ("partial", 2000)]


async def test_at_its_minimum_charge_it_is_not_ordered_to_discharge(home: Home) -> None:
    home.battery.energy_wh = 1900  # 19 %; its owner wants 20
    await home.ready()
    cmd_id = await home.order(-800.0)
    await home.clock.sleep(12)
    assert home.acks(cmd_id)[0].applied_w == 0
    assert home.battery.power_w >= 0


async def test_an_override_that_the_gx_forgot_is_written_again(home: Home) -> None:
    await home.ready()
    home.renew(1500.0)
    await home.clock.sleep(20)
    home.gx.restart()
    await home.clock.sleep(40)
    assert home.battery.power_w == pytest.approx(1500, abs=20)


async def test_a_gx_that_takes_no_override_is_not_obeying(home: Home) -> None:
    home.gx.dbus.refuses.add(SETPOINT)
    await home.ready()
    home.renew(1500.0)
    await home.clock.sleep(40)
    assert home.acks()[-1].outcome in ("failed", "accepted")
    assert "failed" in [ack.outcome for ack in home.acks()]
    assert "override-cellar" in home.alerts()
    assert len(home.writes(SETPOINT)) < 20  # tried, then tried seldom


async def test_what_no_ess_takes_is_refused(home: Home) -> None:
    await home.ready()
    cmd_id = await home.order(mode="standby")
    await home.clock.sleep(3)
    assert home.became(cmd_id) == ["failed"]


async def test_without_steering_only_settings_are_touched(home: Home) -> None:
    home.have(steers=False)
    await home.ready()
    assert home.infos()[-1].capabilities == ("reserve",)
    cmd_id = await home.order(1500.0)
    await home.clock.sleep(10)
    assert home.became(cmd_id) == ["failed"]
    assert home.writes(SETPOINT) == []


async def test_it_says_what_it_can(home: Home) -> None:
    home.have(capacity_wh=10_000)
    await home.ready()
    info = home.infos()[-1]
    assert info.capabilities == ("power", "reserve")
    assert (info.min_w, info.max_w) == (-4400, 4400)  # what the Multi is rated for
    assert (info.min_soc_least_pct, info.min_soc_most_pct) == (10, 40)
    assert (info.charge_target_least_pct, info.charge_target_most_pct) == (50, 100)
    assert (info.model, info.capacity_wh, info.safe_state) == ("MultiPlus-II 48/5000/70-50", 10_000, "self_consumption")


async def test_a_gx_without_ess_takes_no_orders(home: Home) -> None:
    home.gx.dbus.items["vebus/274/Hub4/AssistantId"] = Item(None)
    await home.ready()
    assert home.infos()[-1].capabilities == ()
    assert "no_ess-cellar" in home.alerts()
    cmd_id = await home.order(1500.0)
    reserve_id = await home.hold(target=90)
    await home.clock.sleep(5)
    assert home.became(cmd_id) == home.became(reserve_id) == ["failed"]
    assert home.writes() == []

"""Minimum charge, charge target and BatteryLife: written on difference, read back, and put back in the end."""

import pytest

from common import metrics
from services.simulator.victron.installation import MINIMUM, STATE, slot
from services.victron.reserve import GRACE_S
from tests.victron.home import Home

pytestmark = pytest.mark.virtual

TARGET = slot(0, "Soc")
DAY = slot(0, "Day")


def held(home: Home) -> tuple[object, object, bool]:
    """What the GX has: minimum, target, BatteryLife."""
    state = home.inside(STATE)
    assert isinstance(state, int | float)
    return home.inside(MINIMUM), home.inside(TARGET), 1 <= state <= 8


@pytest.mark.promise("5.8-06")
@pytest.mark.promise("5.8-07")
async def test_the_three_settings_are_written_read_back_and_told(home: Home) -> None:
    await home.ready()
    cmd_id = await home.hold(minimum=25, target=98, battery_life=False)
    await home.clock.sleep(5)
    assert held(home) == (25, 98, False)
    assert {
        each.path.removeprefix("settings/0/Settings/CGwacs/BatteryLife/"): each.value for each in home.writes()
    } == {
        "MinimumSocLimit": 25,
        "Schedule/Charge/0/Soc": 98,
        "State": 10,
    }
    assert home.outcomes(cmd_id) == ["accepted", "applied"]
    state = home.states()[-1]
    assert (state.min_soc_pct, state.charge_target_pct, state.battery_life, state.schedule_on) == (25, 98, False, True)


@pytest.mark.promise("5.8-07")
@pytest.mark.parametrize(
    ("minimum", "target", "written"),
    [(5, 20, (10, 50)), (60, 100, (40, 100)), (40, 50, (40, 50)), (10, 100, (10, 100))],
)
async def test_no_order_goes_beyond_the_bounds(
    home: Home, minimum: float, target: float, written: tuple[float, float]
) -> None:
    await home.ready()
    cmd_id = await home.hold(minimum=minimum, target=target)
    await home.clock.sleep(5)
    assert held(home)[:2] == written
    assert home.became(cmd_id) == ["applied" if (minimum, target) == written else "partial"]


async def test_what_is_so_already_is_not_written(home: Home) -> None:
    await home.ready()
    cmd_id = await home.hold_for(300, minimum=20, target=80, battery_life=True)
    await home.clock.sleep(3)
    assert home.became(cmd_id) == ["applied"]
    assert home.writes() == []


@pytest.mark.promise("5.8-06")
async def test_a_setting_the_owner_has_changed_is_corrected_within_a_minute_or_so(home: Home) -> None:
    """The older program wrote at a change of colour only, and never looked again."""
    await home.ready()
    await home.hold_for(60, minimum=30)
    home.gx.set_by_hand(MINIMUM, 12.0)
    await home.hold_for(70, minimum=30)
    assert home.inside(MINIMUM) == 30


async def test_who_insists_on_another_value_is_left_alone_and_it_is_told(home: Home) -> None:
    await home.ready()
    cmd_id = await home.hold_for(30, minimum=30)
    for _ in range(4):
        home.gx.set_by_hand(MINIMUM, 12.0)
        cmd_id = await home.hold_for(80, minimum=30)
    assert home.inside(MINIMUM) == 12
    assert len(home.writes("MinimumSocLimit")) == 3  # the first, and two corrections
    assert "contested-cellar" in home.alerts()
    assert home.became(cmd_id) == ["failed"]


async def test_settings_go_back_a_quarter_of_an_hour_after_the_last_order_and_not_before(home: Home) -> None:
    await home.ready()
    await home.hold_for(20, minimum=30, target=95, battery_life=False, ttl_s=60)
    await home.clock.sleep(40 + GRACE_S - 10)
    assert held(home) == (30, 95, False)
    await home.clock.sleep(20)
    assert held(home) == (20, 80, True)
    assert home.flash_writes() == 6


async def test_a_value_that_is_no_longer_asked_for_is_the_owners_again(home: Home) -> None:
    await home.ready()
    await home.hold_for(70, minimum=30, target=95)
    await home.hold_for(20, target=95)
    assert held(home)[:2] == (20, 95)


async def test_an_orderly_stop_puts_the_owners_settings_back(home: Home) -> None:
    await home.ready()
    await home.hold_for(20, minimum=30, target=95, battery_life=False)
    await home.stop()
    assert held(home) == (20, 80, True)


async def test_an_owner_may_want_them_kept_at_a_stop(home: Home) -> None:
    home.have(on_stop="keep")
    await home.ready()
    await home.hold_for(20, minimum=30, target=95)
    await home.stop()
    assert held(home)[:2] == (30, 95)


@pytest.mark.promise("5.8-06")
async def test_a_bridge_that_is_killed_and_started_again_writes_nothing_and_still_knows_the_owners_values(
    home: Home,
) -> None:
    await home.ready()
    await home.hold_for(20, minimum=30, target=95)
    await home.kill()
    since_s = home.clock.monotonic()
    await home.ready()
    await home.hold_for(60, minimum=30, target=95)
    assert home.writes("Soc", since_s) + home.writes("Limit", since_s) == []
    await home.stop()
    assert held(home)[:2] == (20, 80)


@pytest.mark.promise("5.8-06")
async def test_a_notification_that_got_lost_is_asked_for(home: Home) -> None:
    await home.ready()
    home.lost_once = "MinimumSocLimit"
    cmd_id = await home.hold(minimum=30)
    await home.clock.sleep(8)
    assert home.became(cmd_id) == ["applied"]
    assert len(home.writes("MinimumSocLimit")) == 1


@pytest.mark.promise("5.8-06")
async def test_a_refusal_which_the_gx_never_tells_is_found_out(home: Home) -> None:
    home.gx.dbus.refuses.add(MINIMUM)
    await home.ready()
    cmd_id = await home.hold_for(200, minimum=30)
    await home.clock.sleep(10)
    assert home.became(cmd_id) == ["failed"]
    assert "refused-cellar" in home.alerts()


async def test_battery_life_is_compared_by_its_group(home: Home) -> None:
    """The GX moves on by itself: 1 becomes 2, 10 may become 11 or 12."""
    home.battery.energy_wh = 1950  # just below the owner's minimum
    await home.ready()
    await home.hold_for(20, battery_life=False)
    assert home.inside(STATE) == 11
    await home.hold_for(200, battery_life=False)
    assert [each.value for each in home.writes("State")] == [10]
    await home.hold_for(70, battery_life=True)
    assert [each.value for each in home.writes("State")] == [10, 1]
    assert held(home)[2]


@pytest.mark.promise("5.8-08")
async def test_a_schedule_that_is_switched_off_is_told(home: Home) -> None:
    home.gx.set_by_hand(DAY, -7)
    await home.ready()
    assert home.alerts() == {}  # nobody wants a target
    await home.hold_for(10, target=95)
    assert "charge schedule switched off" in home.alerts()["schedule-cellar"].text
    assert home.states()[-1].schedule_on is False
    home.gx.set_by_hand(DAY, 7)
    await home.hold_for(10, target=95)
    assert home.alerts() == {}


async def test_the_days_writes_are_bounded_and_four_are_kept_for_putting_back(home: Home) -> None:
    home.have(flash_writes_per_day=8)
    await home.ready()
    cmd_id = ""
    for number in range(8):
        cmd_id = await home.hold_for(65, target=60 + number)
    assert len(home.writes("Soc")) == 4
    assert home.became(cmd_id) == ["failed"]
    assert "budget-cellar" in home.alerts()
    await home.stop()
    assert home.inside(TARGET) == 80


async def test_each_write_is_counted_and_what_is_left_is_told(home: Home) -> None:
    def shown(name: str) -> float:
        return metrics.REGISTRY.get_sample_value(name, {"device": "cellar", "service": "ems-victron"}) or 0.0

    before = shown("ems_device_flash_writes_total")
    await home.ready()
    await home.hold_for(10, minimum=30, target=95)
    assert shown("ems_device_flash_writes_total") - before == home.flash_writes() == 2
    assert shown("ems_device_flash_writes_left") == 18


async def test_one_setting_is_written_once_a_minute_at_most(home: Home) -> None:
    await home.ready()
    for number in range(30):
        await home.hold(target=60 + number)
        await home.clock.sleep(4)
    assert len(home.writes("Soc")) <= 3


async def test_the_gx_charges_to_the_target_in_its_window_by_itself(home: Home) -> None:
    home.set_wall("2026-11-20T21:58:00")
    home.battery.energy_wh = 8800
    await home.ready()
    await home.hold_for(60, target=90)
    assert home.battery.power_w < 0  # it carries the house until ten
    await home.hold_for(300, target=90)
    assert home.battery.soc_pct == pytest.approx(90, abs=0.5)
    assert abs(home.battery.power_w) < 50  # and then holds what it has

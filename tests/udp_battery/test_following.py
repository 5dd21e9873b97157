"""Whether the battery does what it said it would: looked at, repeated, learnt, and told to whoever wants to know."""

from itertools import pairwise

import pytest

from common.clock import Clock
from services.simulator.marstek import VENUS_A_147, VENUS_E3_150
from services.simulator.physics import BatteryModel
from tests.udp_battery.home import Home


async def test_the_effect_of_an_order_is_looked_at_when_it_should_have_settled(home: Home, clock: Clock) -> None:
    """Telemetry that proves the order, within 10 s; not amid the change of power."""
    await home.add()
    await home.ready()
    given_s = clock.monotonic()
    await home.order(1000)
    await clock.sleep(10)
    readings = [
        said.at_s - given_s for said in home.said if said.topic == "battery/garage/state" and said.at_s > given_s
    ]
    assert 5 <= readings[0] <= 8
    assert home.states()[-1].power_w == pytest.approx(1000)


async def test_delicate_firmware_is_looked_at_once_and_late(home: Home, clock: Clock) -> None:
    """Below 150: no bursts."""
    fake = await home.add(model=VENUS_A_147)
    await home.ready(settle_s=12)
    given_s = clock.monotonic()
    await home.order(1000)
    await clock.sleep(25)
    asked = [entry.at_s - given_s for entry in fake.journal.asked("ES.GetMode") if entry.at_s > given_s]
    assert len(asked) == 1
    assert 12 <= asked[0] <= 15


@pytest.mark.promise("4.8-06")
async def test_an_ignored_order_is_sent_twice_more_and_then_reported(home: Home, clock: Clock) -> None:
    """Checklist 8, F21."""
    fake = await home.add()
    await home.ready()
    fake.faults.ignores = 1.0
    home.renew(600)
    await clock.sleep(60)
    sent = [asked for asked in fake.journal.asked("ES.SetMode") if asked.fate == "answered"]
    assert len(sent) == 3
    assert all(12 <= later.at_s - earlier.at_s <= 17 for earlier, later in pairwise(sent))
    assert home.acks()[-1].outcome == "failed"
    assert "follow-garage" in home.alerts()


async def test_an_order_that_works_only_the_second_time_is_no_alarm(home: Home, clock: Clock) -> None:
    """Section 3: some firmware takes the power only at the second send."""
    fake = await home.add()
    await home.ready()
    fake.faults.ignores = 1.0
    cmd_id = await home.order(600)
    await clock.sleep(8)
    fake.faults.ignores = 0.0
    await clock.sleep(30)
    assert fake.power_w == pytest.approx(600)
    assert home.outcomes(cmd_id) == ["accepted", "applied"]
    assert not home.alerts()


async def test_a_battery_that_obeys_again_is_believed_again(home: Home, clock: Clock) -> None:
    """I7: the alert goes when the fault goes."""
    fake = await home.add()
    await home.ready()
    fake.faults.ignores = 1.0
    home.renew(600)
    await clock.sleep(70)
    fake.faults.ignores = 0.0
    await clock.sleep(60)
    assert home.acks()[-1].outcome == "applied"
    assert not home.alerts()


async def test_a_lower_limit_is_learnt_and_published(home: Home, clock: Clock) -> None:
    """Checklist 9 and F22: the owner says 2500 W, the battery is still locked to 800."""
    fake = await home.add(max_discharge_w=2500)
    fake.battery.discharge_cap_w = 800
    await home.ready()
    assert home.infos()[-1].min_w == -2500
    home.renew(-2000)
    await clock.sleep(75)
    assert home.infos()[-1].min_w == -800
    partial = next(ack for ack in home.acks() if ack.outcome == "partial")
    assert partial.achieved_w == pytest.approx(-800)
    assert "gives no more than 800 W" in home.alerts()["limit-garage"].text
    await clock.sleep(60)
    assert (home.acks()[-1].outcome, home.acks()[-1].applied_w) == ("applied", -800)
    assert fake.power_w == pytest.approx(-800)


@pytest.mark.parametrize(("retry_limits_h", "min_w"), [(None, -800), (0.05, -2500)])
async def test_a_learnt_limit_is_tried_again_only_if_the_owner_says_so(
    home: Home, clock: Clock, retry_limits_h: float | None, min_w: float
) -> None:
    fake = await home.add(max_discharge_w=2500, retry_limits_h=retry_limits_h)
    fake.battery.discharge_cap_w = 800
    await home.ready()
    home.renew(-2000)
    await clock.sleep(75)
    home.let_go()
    await clock.sleep(200)
    assert home.infos()[-1].min_w == min_w


async def test_a_limit_that_is_gone_is_forgotten(home: Home, clock: Clock) -> None:
    """The owner unlocked it; its own automatic mode shows so."""
    fake = await home.add(max_discharge_w=2500)
    fake.battery.discharge_cap_w = 800
    await home.ready()
    home.renew(-2000)
    await clock.sleep(75)
    home.let_go()
    fake.battery.discharge_cap_w = None
    fake.program.answer("ES.SetMode", {"config": {"mode": "Passive", "passive_cfg": {"power": 1600, "cd_time": 90}}})
    await clock.sleep(15)
    assert home.infos()[-1].min_w == -2500
    assert not home.alerts()


@pytest.mark.parametrize(("soc_pct", "power_w"), [(98, 2000.0), (11, -700.0)])
async def test_nearly_full_and_nearly_empty_explain_less_power(
    home: Home, clock: Clock, soc_pct: float, power_w: float
) -> None:
    """Checklist 8: taper and the battery's own lower bound are no disobedience, and no limit to remember."""
    fake = await home.add(soc_pct=soc_pct, cells=BatteryModel(taper_from_pct=95))
    await home.ready()
    before = home.infos()[-1]
    home.renew(power_w)
    await clock.sleep(70)
    assert abs(fake.power_w) < abs(power_w) - 200
    assert home.acks()[-1].outcome == "applied"
    assert home.infos()[-1] == before
    assert not home.alerts()


async def test_a_mode_changed_by_the_app_is_taken_back(home: Home, clock: Clock) -> None:
    """F24: re-asserted within two periods."""
    fake = await home.add()
    await home.ready()
    home.renew(600)
    await clock.sleep(20)
    fake.program.choose("Auto")
    await clock.sleep(20)
    assert fake.program.mode == "Passive"
    assert fake.power_w == pytest.approx(600)


async def test_somebody_who_changes_the_mode_all_the_time_is_not_fought_at_full_speed(home: Home, clock: Clock) -> None:
    """I9: re-asserting is rate-limited."""
    fake = await home.add()
    await home.ready()
    home.renew(600)
    await clock.sleep(20)
    before = len(fake.journal.asked("ES.SetMode"))
    for _ in range(60):
        fake.program.choose("Auto")
        await clock.sleep(2)
    assert len(fake.journal.asked("ES.SetMode")) - before <= 120 / 12 + 1


async def test_a_battery_that_started_anew_gets_its_order_again(home: Home, clock: Clock) -> None:
    """F24: it has forgotten the order."""
    fake = await home.add(model=VENUS_E3_150)
    await home.ready()
    home.renew(600)
    await clock.sleep(20)
    fake.restart(dark_s=30)
    await clock.sleep(75)
    assert fake.program.mode == "Passive"
    assert fake.power_w == pytest.approx(600)


async def test_a_jump_to_manual_is_told_with_advice(home: Home, clock: Clock) -> None:
    """Checklist 13: the reset syndrome."""
    fake = await home.add()
    await home.ready()
    home.renew(600)
    await clock.sleep(20)
    fake.program.choose("Manual")
    fake.faults.ignores = 1.0
    await clock.sleep(15)
    alert = home.alerts()["reset-garage"]
    assert "Open API" in alert.advice
    assert "update the firmware" in alert.advice
    fake.faults.ignores = 0.0
    await clock.sleep(40)
    assert "reset-garage" not in home.alerts()
    assert fake.program.mode == "Passive"


async def test_an_owner_who_chooses_manual_is_not_alarmed(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready(settle_s=30)
    fake.program.choose("Manual")
    await clock.sleep(30)
    assert not home.alerts()
    assert home.controls()[-1].mode == "manual"

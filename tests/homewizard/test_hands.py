"""Somebody at the button, the lock in the app, the longest time on: what rules beside the orders."""

from typing import Any

import pytest

from common.clock import Clock
from common.contract import SWITCH_STATE
from services.simulator.homewizard import SocketFake
from tests.homewizard.home import Home

SPELL_S = 1200.0


async def under_orders(home: Home, *, on: bool, **settings: Any) -> SocketFake:  # as an owner writes them
    """A socket that has followed its order for a while."""
    fake = await home.socket(**settings)
    await home.ready()
    home.renew(on=on)
    await home.clock.sleep(30)
    assert fake.is_on is on
    return fake


@pytest.mark.promise("2.10-16")
@pytest.mark.parametrize("on", [True, False])
async def test_a_hand_at_the_button_is_respected_and_told(home: Home, clock: Clock, on: bool) -> None:
    fake = await under_orders(home, on=on)
    fake.press()
    await clock.sleep(6)
    assert home.controls()[-1].mode == "manual"
    assert home.heard(SWITCH_STATE, "boiler")[-1].on is not on
    await clock.sleep(60)
    assert fake.is_on is not on
    last = home.acks()[-1]
    assert (last.outcome, "by hand" in last.detail) == ("failed", True)


@pytest.mark.promise("2.10-16")
async def test_a_hand_outlives_the_end_of_the_orders_and_a_restart(home: Home, clock: Clock) -> None:
    """The balancer, told `manual`, renews no longer: the lease that ends must not undo what the owner did."""
    fake = await under_orders(home, on=False)
    fake.press()
    await clock.sleep(10)
    home.let_go()
    await clock.sleep(60)
    assert fake.is_on
    await home.kill()
    await home.ready()
    assert fake.is_on
    assert home.controls()[-1].mode == "manual"


async def test_an_order_after_a_pause_ends_the_rule_of_a_hand(home: Home, clock: Clock) -> None:
    """When the load is full, or at the end of the day, the balancer takes over again: it knows of the hand."""
    fake = await under_orders(home, on=False)
    fake.press()
    await clock.sleep(10)
    home.let_go()
    await clock.sleep(60)
    cmd_id = await home.order(on=False)
    await clock.sleep(3)
    assert not fake.is_on
    assert home.outcomes(cmd_id)[-1] == "applied"
    assert home.controls()[-1].mode == "leased"


async def test_a_hand_that_switches_back_is_as_if_nothing_had_been(home: Home, clock: Clock) -> None:
    fake = await under_orders(home, on=True)
    fake.press()
    await clock.sleep(10)
    fake.press()
    await clock.sleep(10)
    assert home.controls()[-1].mode == "leased"


async def test_a_hand_rules_no_longer_than_its_owner_wants(home: Home, clock: Clock) -> None:
    fake = await under_orders(home, on=False, by_hand_h=0.25)
    fake.press()
    await clock.sleep(840)
    assert fake.is_on
    await clock.sleep(120)
    assert not fake.is_on


async def test_an_owner_may_want_a_hand_overridden(home: Home, clock: Clock) -> None:
    fake = await under_orders(home, on=True, by_hand="override")
    fake.press()
    await clock.sleep(7)
    assert fake.is_on
    assert home.controls()[-1].mode == "leased"


async def test_a_position_lost_in_an_outage_is_no_hand(home: Home, clock: Clock) -> None:
    """Contract guide 4: after a device reconnects it is told again."""
    fake = await under_orders(home, on=True)
    await fake.unplug()
    fake.load.is_on = False  # as after a power cut
    await clock.sleep(60)
    await fake.plug_in()
    await clock.sleep(40)
    assert fake.is_on


async def test_a_lock_is_respected_and_named(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    fake.lock()
    await home.ready()
    cmd_id = await home.order(on=False)
    await clock.sleep(5)
    ack = home.acks(cmd_id)[-1]
    assert (ack.outcome, "switch lock" in ack.detail) == ("failed", True)
    assert not fake.journal.of("written")
    assert home.heard(SWITCH_STATE, "boiler")[-1].locked
    assert "locked-boiler" in home.alerts()
    fake.is_locked = False
    await clock.sleep(5)
    assert not fake.is_on
    await clock.sleep(5)
    assert "locked-boiler" not in home.alerts()


async def test_an_order_on_to_a_locked_socket_is_no_trouble(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    fake.lock()
    await home.ready()
    cmd_id = await home.order(on=True)
    await clock.sleep(5)
    assert home.outcomes(cmd_id)[-1] == "applied"
    assert not home.alerts()


async def test_a_lock_set_under_an_order_off_is_left(home: Home, clock: Clock) -> None:
    fake = await under_orders(home, on=False)
    fake.lock()
    await clock.sleep(20)
    assert fake.is_on
    last = home.acks()[-1]
    assert (last.outcome, "switch lock" in last.detail) == ("failed", True)


async def test_the_longest_time_on_is_kept_although_orders_are_renewed(home: Home, clock: Clock) -> None:
    fake = await under_orders(home, on=True, max_on_s=SPELL_S, rest_s=600)
    on_s = fake.journal.of("switched")[0].at_s
    await clock.sleep(2 * SPELL_S)
    moves = fake.journal.of("switched")
    assert [move.detail for move in moves[:3]] == ["on by api", "off by api", "on by api"]
    assert moves[1].at_s - on_s == pytest.approx(SPELL_S, abs=10)
    assert moves[2].at_s - moves[1].at_s == pytest.approx(600, abs=10)


async def test_what_is_refused_after_the_longest_time_on_says_so(home: Home, clock: Clock) -> None:
    await under_orders(home, on=True, max_on_s=600)
    await clock.sleep(700)
    last = home.acks()[-1]
    assert (last.outcome, "max_on_s" in last.detail) == ("failed", True)
    assert "max_on-boiler" in home.alerts()


async def test_the_longest_time_on_counts_over_a_restart(home: Home, clock: Clock) -> None:
    """Of a socket that is kept on; any other is switched off at the restart, and begins anew."""
    fake = await under_orders(home, on=True, max_on_s=SPELL_S, safe_state="keep")
    await clock.sleep(SPELL_S / 2)
    await home.kill()
    await home.ready(settle_s=1)
    await clock.sleep(SPELL_S / 2)
    assert not fake.is_on


async def test_what_is_kept_on_after_its_lease_ends_after_its_longest_time(home: Home, clock: Clock) -> None:
    fake = await under_orders(home, on=True, max_on_s=SPELL_S, safe_state="keep")
    home.let_go()
    await clock.sleep(SPELL_S / 2)
    assert fake.is_on
    await clock.sleep(SPELL_S / 2)
    assert not fake.is_on


async def test_an_owners_hand_has_no_longest_time(home: Home, clock: Clock) -> None:
    fake = await home.socket(max_on_s=600)
    await home.ready()
    fake.press()
    await clock.sleep(SPELL_S)
    assert fake.is_on


async def test_a_stuck_relay_is_told_three_times_and_then_once_a_minute(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    fake.is_stuck = True
    await home.ready()
    home.renew(on=True)
    await clock.sleep(25)
    last = [ack for ack in home.acks() if ack.outcome == "failed"]
    assert "does not move" in last[-1].detail
    assert "stuck-boiler" in home.alerts()
    written = len(fake.journal.of("written"))
    await clock.sleep(240)
    assert len(fake.journal.of("written")) - written <= 5
    fake.is_stuck = False
    await clock.sleep(70)
    assert fake.is_on
    assert not home.alerts()

"""A socket does what the order in force says, for as long as it is in force, and says what became of it."""

import pytest

from common.clock import Clock
from common.contract import SWITCH_STATE
from services.simulator.homewizard import SocketFake
from tests.homewizard.home import Home


def movements(fake: SocketFake) -> list[str]:
    """How its relay moved."""
    return [entry.detail for entry in fake.journal.of("switched")]


@pytest.mark.promise("2.10-17")
async def test_a_socket_is_read_and_tells_what_it_can(home: Home) -> None:
    await home.socket(phase=2, safe_state="keep")
    await home.ready()
    state = home.heard(SWITCH_STATE, "boiler")[-1]
    assert (state.on, state.power_w, state.locked, state.energy_import_wh) == (False, 0.0, False, 0)
    info = home.infos()[-1]
    assert (info.capabilities, info.phase, info.safe_state, info.poll_s) == (("switch",), 2, "keep", 5)
    assert home.availability() == ["online"]
    assert home.controls()[-1].mode == "autonomous"


async def test_an_order_is_carried_out_read_back_and_acknowledged(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    await home.ready()
    cmd_id = await home.order(on=True)
    await clock.sleep(1)
    assert fake.is_on
    assert home.outcomes(cmd_id) == ["accepted", "applied"]
    assert home.controls()[-1].mode == "leased"
    await clock.sleep(6)
    state = home.heard(SWITCH_STATE, "boiler")[-1]
    assert (state.on, state.power_w) == (True, 2000.0)


async def test_renewals_are_answered_and_not_written_again(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    await home.ready()
    home.renew(on=True)
    await clock.sleep(300)
    assert len(fake.journal.of("written")) == 1
    applied = {ack.cmd_id for ack in home.acks() if ack.outcome == "applied"}
    assert len(applied) >= 30


@pytest.mark.parametrize(("safe_state", "then_on"), [("off", False), ("on", True), ("keep", True)])
async def test_a_lease_that_ends_leads_to_the_safe_state(
    home: Home, clock: Clock, safe_state: str, then_on: bool
) -> None:
    """I1, I2."""
    fake = await home.socket(safe_state=safe_state)
    await home.ready()
    given_s = clock.monotonic()
    cmd_id = await home.order(on=True)
    await clock.sleep(29)
    assert fake.is_on
    await clock.sleep(3)
    assert fake.is_on is then_on
    assert home.outcomes(cmd_id)[-1] == "expired"
    assert home.controls()[-1].mode == ("autonomous" if safe_state == "keep" else "safe")
    if safe_state == "off":
        off = fake.journal.of("switched")[-1]
        assert off.at_s - given_s == pytest.approx(30, abs=1)


async def test_the_safe_state_on_is_taken_after_an_order_off(home: Home, clock: Clock) -> None:
    fake = await home.socket(safe_state="on")
    await home.ready()
    assert not fake.is_on  # nobody has ordered anything yet
    await home.order(on=False)
    await clock.sleep(40)
    assert fake.is_on


async def test_a_release_ends_the_order_at_once(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    await home.ready()
    await home.order(on=True)
    await clock.sleep(5)
    await home.order(action="release")
    await clock.sleep(2)
    assert not fake.is_on


async def test_after_its_safe_state_a_socket_is_left_alone(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    await home.ready()
    await home.order(on=True)
    await clock.sleep(60)
    fake.press()
    await clock.sleep(60)
    assert fake.is_on
    assert movements(fake) == ["on by api", "off by api", "on by button"]


async def test_a_socket_found_on_is_left_alone(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    fake.press()
    await home.ready(settle_s=60)
    assert fake.is_on
    assert not fake.journal.of("written")


async def test_what_a_socket_cannot_do_is_said(home: Home, clock: Clock) -> None:
    await home.socket()
    await home.ready()
    for action, values in {"set_power": {"power_w": 500.0}, "set_mode": {"mode": "standby"}}.items():
        cmd_id = await home.order(action=action, **values)  # type: ignore[arg-type]  # a table of orders
        await clock.sleep(2)
        assert home.acks(cmd_id)[-1].outcome == "failed"
        assert "switch" in home.acks(cmd_id)[-1].detail


async def test_an_order_that_comes_twice_is_carried_out_once(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    await home.ready()
    cmd_id = await home.order(on=True)
    await clock.sleep(2)
    again = next(said for said in home.said if said.topic == "switch/boiler/cmd")
    home.bus.publish(again.topic, again.payload, retain=False)
    await clock.sleep(2)
    assert home.outcomes(cmd_id) == ["accepted", "applied", "duplicate"]
    assert len(fake.journal.of("written")) == 1


async def test_an_orderly_stop_takes_our_doing_back(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    await home.ready()
    home.renew(on=True)
    await clock.sleep(10)
    await home.stop()
    assert not fake.is_on
    assert home.controls()[-1].mode == "safe"


async def test_an_orderly_stop_right_after_an_order_takes_it_back_as_well(home: Home, clock: Clock) -> None:
    """The pause between two writes is waited out, not taken for a reason to write nothing."""
    fake = await home.socket()
    await home.ready()
    await home.order(on=True)
    await clock.sleep(0.2)
    assert fake.is_on
    await home.stop()
    assert not fake.is_on


async def test_an_orderly_stop_leaves_alone_what_was_not_ours(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    fake.press()
    await home.ready()
    await home.stop()
    assert fake.is_on


async def test_a_bridge_that_was_killed_takes_its_doing_back_when_it_returns(home: Home, clock: Clock) -> None:
    """I10: a socket has no timer of its own, so the bridge remembers that the switch is its doing."""
    fake = await home.socket()
    await home.ready()
    await home.order(on=True)
    await clock.sleep(2)
    await home.kill()
    assert fake.is_on
    await home.ready()
    assert not fake.is_on


@pytest.mark.parametrize("tenths", [1, 3, 5, 7, 9])
async def test_an_orderly_stop_in_the_middle_of_anything_takes_our_doing_back(
    home: Home, clock: Clock, tenths: int
) -> None:
    """Also when the order was carried out and nobody has heard of it yet."""
    fake = await home.socket()
    fake.faults.late_s = 0.2
    await home.ready()
    await home.order(on=True)
    await clock.sleep(tenths / 10)
    await home.stop()
    assert not fake.is_on

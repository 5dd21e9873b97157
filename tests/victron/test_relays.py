"""The two relays in a GX: switched seldom, on difference, and only if their owner has given them no other function."""

import pytest

from common.contract import SWITCH_STATE, SwitchState
from services.simulator.victron.dbus import SETTINGS
from services.victron.relay import APART_S
from tests.victron.home import Home

pytestmark = pytest.mark.virtual

RELAY = "system/0/Relay/0/State"


def states(home: Home) -> list[SwitchState]:
    """How it stood."""
    return home.heard(SWITCH_STATE, "gas_backup")


def wire(home: Home, **settings: object) -> None:
    """Write it into the file."""
    home.have(relays={"gas_backup": {"number": 1, **settings}})


@pytest.mark.promise("5.8-12")
async def test_an_order_is_carried_out_and_read_back(home: Home) -> None:
    wire(home)
    await home.ready()
    assert home.infos("gas_backup")[-1].capabilities == ("switch",)
    assert home.availability("gas_backup") == ["online"]
    cmd_id = await home.order(on=True, to="gas_backup")
    await home.clock.sleep(3)
    assert home.inside(RELAY) == 1
    assert [ack.outcome for ack in home.acks(cmd_id, "gas_backup")] == ["accepted", "applied"]
    assert (states(home)[-1].on, home.controls("gas_backup")[-1].mode) == (True, "leased")
    assert home.flash_writes() == 1


@pytest.mark.promise("5.8-12")
async def test_a_lease_that_ends_opens_it_even_within_the_minute(home: Home) -> None:
    wire(home)
    await home.ready()
    await home.order(on=True, to="gas_backup")
    await home.clock.sleep(29)
    assert home.inside(RELAY) == 1
    await home.clock.sleep(5)
    assert home.inside(RELAY) == 0
    assert home.controls("gas_backup")[-1].mode in ("safe", "autonomous")


@pytest.mark.parametrize(("safe_state", "left"), [("off", 0), ("keep", 1)])
async def test_an_orderly_stop_leads_to_its_safe_state(home: Home, safe_state: str, left: int) -> None:
    wire(home, safe_state=safe_state)
    await home.ready()
    await home.order(on=True, to="gas_backup")
    await home.clock.sleep(5)
    await home.stop()
    assert home.inside(RELAY) == left


async def test_a_relay_that_a_dead_bridge_left_closed_is_opened_at_the_next_start(home: Home) -> None:
    """The GX has no timer that would do it."""
    wire(home)
    await home.ready()
    await home.order(on=True, to="gas_backup")
    await home.clock.sleep(5)
    await home.kill()
    assert home.inside(RELAY) == 1
    await home.ready()
    await home.clock.sleep(5)
    assert home.inside(RELAY) == 0


async def test_it_is_switched_once_a_minute_at_most(home: Home) -> None:
    wire(home)
    await home.ready()
    for number in range(40):
        await home.order(on=number % 2 == 0, to="gas_backup")
        await home.clock.sleep(3)
    times = [each.at_s for each in home.writes("Relay/0/State")]
    assert len(times) <= 120 / APART_S + 1


async def test_a_relay_with_another_function_is_not_touched(home: Home) -> None:
    home.gx.set_by_hand(f"{SETTINGS}Relay/Function", 1)
    wire(home)
    await home.ready()
    cmd_id = await home.order(on=True, to="gas_backup")
    await home.clock.sleep(5)
    assert [ack.outcome for ack in home.acks(cmd_id, "gas_backup")].count("failed") == 1
    assert home.writes("Relay/0/State") == []
    assert "function-gas_backup" in home.alerts()
    assert home.availability("gas_backup")[-1] == "offline"


async def test_what_somebody_switched_by_hand_is_left_so(home: Home) -> None:
    wire(home)
    await home.ready()
    home.renew(on=True, to="gas_backup")
    await home.clock.sleep(90)
    home.gx.write_by_hand(RELAY, 0)
    await home.clock.sleep(120)
    assert home.inside(RELAY) == 0
    assert home.controls("gas_backup")[-1].mode == "manual"


async def test_a_relay_takes_nothing_but_switching(home: Home) -> None:
    wire(home)
    await home.ready()
    cmd_id = await home.order(500.0, to="gas_backup")
    await home.clock.sleep(3)
    assert [ack.outcome for ack in home.acks(cmd_id, "gas_backup")].count("failed") == 1

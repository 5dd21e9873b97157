"""What goes wrong between a bridge and a battery, and how both come out of it."""

import socket
from itertools import pairwise
from pathlib import Path

import pytest

from common.clock import Clock
from services.simulator.marstek import Asked, Faults, Model
from tests.udp_battery.home import Home


def writes(fake_asked: list[Asked]) -> list[Asked]:
    return [asked for asked in fake_asked if asked.method == "ES.SetMode"]


@pytest.mark.promise("4.8-12")
async def test_silence_is_met_with_growing_pauses(home: Home, clock: Clock) -> None:
    """Checklist 3 and 5: three attempts, then 10, 20, 40, 120 s."""
    fake = await home.add()
    await home.ready(settle_s=12)
    fake.faults.is_silent = True
    before_s = clock.monotonic()
    await clock.sleep(420)
    asked = [entry.at_s for entry in fake.journal.asked("ES.GetMode") if entry.at_s > before_s]
    gaps = [round(later - earlier) for earlier, later in pairwise(asked)]
    assert gaps[:2] == [2, 2]
    assert [gap for gap in gaps if gap > 5][:4] == pytest.approx([12, 22, 42, 122], abs=5)


@pytest.mark.promise("4.8-12")
async def test_a_silent_battery_alarms_within_a_minute_and_is_offline_after_two(home: Home, clock: Clock) -> None:
    """Checklist 5, I7."""
    fake = await home.add()
    await home.ready(settle_s=12)
    fake.faults.is_silent = True
    await clock.sleep(62)
    assert "Open API" in home.alerts()["silent-garage"].advice
    assert home.availability() == ["online"]
    await clock.sleep(65)
    assert home.availability() == ["online", "offline"]
    assert home.controls()[-1].mode == "offline"


async def test_what_an_offline_battery_said_last_is_unknown(home: Home, clock: Clock) -> None:
    """Checklist 5: values dropped, not repeated."""
    fake = await home.add()
    await home.ready(settle_s=12)
    assert home.states()[-1].soc_pct == 50
    fake.faults.is_silent = True
    await clock.sleep(140)
    last = home.states()[-1]
    assert (last.power_w, last.soc_pct, last.mode, last.quality) == (None, None, None, "bad")


@pytest.mark.promise("4.8-12")
async def test_a_battery_that_comes_back_is_online_again_and_gets_its_order(home: Home, clock: Clock) -> None:
    """I8: within 60 s for a slow device that somebody waits for."""
    fake = await home.add()
    await home.ready(settle_s=12)
    home.renew(600)
    await clock.sleep(20)
    fake.faults.is_silent = True
    await clock.sleep(300)
    assert fake.power_w == 0
    fake.faults.is_silent = False
    await clock.sleep(60)
    assert home.availability()[-1] == "online"
    assert fake.power_w == pytest.approx(600)
    assert not home.alerts()


@pytest.mark.promise("4.8-12")
async def test_one_silent_battery_does_not_disturb_another(home: Home, clock: Clock) -> None:
    silent = await home.add("garage", faults=Faults(is_silent=True))
    other = await home.add("shed")
    await home.ready()
    given_s = clock.monotonic()
    await home.order(600, to="garage")
    await home.order(600, to="shed")
    await clock.sleep(15)
    assert other.journal.asked("ES.SetMode")[0].at_s == given_s
    assert other.power_w == pytest.approx(600)
    await clock.sleep(120)
    assert home.availability("shed") == ["online"]
    assert home.availability("garage") == ["offline"]
    assert not silent.journal.commands()


async def test_several_batteries_are_not_asked_at_the_same_instant(home: Home, clock: Clock) -> None:
    """Checklist 14."""
    fakes = [await home.add(name) for name in ("garage", "shed", "attic")]
    await home.ready()
    firsts = sorted(fake.journal.asked()[0].at_s for fake in fakes)
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(firsts))


@pytest.mark.promise("4.8-12")
async def test_a_battery_that_moved_is_found_and_commanded_again(home: Home, clock: Clock) -> None:
    """Checklist 5, F27."""
    fake = await home.add()
    await home.ready(settle_s=12)
    home.renew(600)
    await clock.sleep(20)
    await fake.move("127.0.1.17")
    await clock.sleep(130)
    assert fake.power_w == pytest.approx(600)
    assert home.availability()[-1] == "online"


async def test_another_battery_at_the_address_gets_no_order(home: Home, clock: Clock) -> None:
    """Checklist 5, F27: the router gave the address to somebody else while the battery was away."""
    fake = await home.add()
    await home.ready(settle_s=12)
    home.renew(600)
    await clock.sleep(20)
    fake.faults.is_silent = True
    await clock.sleep(60)
    fake.faults.is_silent = False
    fake.mac = "02005e10ffff"
    before_s = clock.monotonic()
    await clock.sleep(200)
    assert not [asked for asked in writes(fake.journal.asked()) if asked.at_s > before_s]
    assert "…ffff" in home.alerts()["device-garage"].text
    assert home.availability()[-1] == "offline"


async def test_the_battery_known_from_before_is_expected_after_a_restart(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready(settle_s=12)
    await home.stop()
    fake.mac = "02005e10ffff"
    await home.ready(settle_s=12)
    await home.order(600)
    await clock.sleep(30)
    assert not fake.journal.commands()
    assert "device-garage" in home.alerts()


async def test_the_owner_may_name_the_battery(home: Home, clock: Clock) -> None:
    fake = await home.add(mac="02:00:5E:10:FF:FF")
    await home.ready(settle_s=12)
    await home.order(600)
    await clock.sleep(30)
    assert not fake.journal.commands()
    assert "…ffff" in home.alerts()["device-garage"].text


async def test_a_stranger_at_its_address_has_the_battery_looked_for_at_once(home: Home, clock: Clock) -> None:
    """F27: no need to wait for silence."""
    fake = await home.add("garage")
    stranger = await home.add("guest")
    await home.ready(settle_s=12)
    old = fake.address[0]
    await fake.move("127.0.1.17")
    await stranger.move(old)
    began_s = clock.monotonic()
    await clock.sleep(45)
    found = [asked.at_s - began_s for asked in fake.journal.asked("ES.GetMode") if asked.at_s > began_s]
    assert found
    assert found[0] < 30


async def test_a_battery_that_came_home_is_found_where_it_was_set_up(home: Home, clock: Clock) -> None:
    """Before shouting, the address of the file is tried again."""
    fake = await home.add()
    home.broadcast = ("127.0.1.17",)
    await home.ready(settle_s=12)
    await fake.move("127.0.1.17")
    await clock.sleep(90)
    assert home.availability() == ["online"]
    await fake.move("127.0.1.11")
    await clock.sleep(180)
    assert home.availability()[-1] == "online"
    assert fake.journal.asked("ES.GetMode")[-1].at_s > clock.monotonic() - 15


async def test_whoever_does_not_say_who_it_is_gets_no_order(home: Home, clock: Clock) -> None:
    """Checklist 5: the MAC in `src` of every reply."""
    fake = await home.add(mac="02:00:5e:10:c0:d0")
    fake.mac = "somebody"
    await home.ready(settle_s=12)
    await home.order(600)
    await clock.sleep(15)
    assert not fake.journal.commands()
    assert "does not say who it is" in home.alerts()["device-garage"].text


async def test_two_batteries_that_swapped_addresses_are_both_found(home: Home, clock: Clock) -> None:
    garage, shed = await home.add("garage"), await home.add("shed")
    await home.ready(settle_s=12)
    garage_at, shed_at = garage.address[0], shed.address[0]
    await garage.move("127.0.1.18")
    await shed.move(garage_at)
    await garage.move(shed_at)
    await clock.sleep(90)
    home.renew(600, to="garage")
    await clock.sleep(30)
    assert garage.power_w == pytest.approx(600)
    assert shed.power_w == 0
    assert not shed.journal.commands()


async def test_zero_placeholders_are_no_state_of_charge(home: Home, clock: Clock) -> None:
    """Checklist 12, F53."""
    fake = await home.add()
    await home.ready(settle_s=12)
    fake.faults.has_mute_cells = True
    await clock.sleep(120)
    assert {state.soc_pct for state in home.states()[-3:]} == {None}
    assert len(fake.journal.asked("ES.GetStatus")) <= 3
    fake.faults.has_mute_cells = False
    await clock.sleep(30)
    assert home.states()[-1].soc_pct == 50


async def test_beside_an_unknown_charge_no_reserve_is_risked(home: Home, clock: Clock) -> None:
    """F53, I3."""
    fake = await home.add(reserve_soc_pct=20, faults=Faults(loss_in=0, loss_out=0, has_mute_cells=True))
    await home.ready(settle_s=12)
    await home.order(-600)
    await clock.sleep(10)
    assert [command.power_w for command in fake.journal.commands()] == [0]


async def test_a_method_it_does_not_know_is_not_asked_again(home: Home, clock: Clock) -> None:
    """Section 2: -32601 is remembered."""
    fake = await home.add(faults=Faults(loss_in=0, loss_out=0, lacks=frozenset({"ES.GetStatus"})))
    await home.ready(settle_s=1500)
    assert len(fake.journal.asked("ES.GetStatus")) == 1
    assert home.availability() == ["online"]


async def test_firmware_that_was_updated_is_known_anew(home: Home, clock: Clock) -> None:
    """Section 2: what it lacked may be there now."""
    fake = await home.add(faults=Faults(loss_in=0, loss_out=0, lacks=frozenset({"ES.GetStatus"})))
    await home.ready(settle_s=12)
    fake.faults.lacks = frozenset()
    fake.model = fake.program.model = Model(device="VenusE 3.0", version=151)
    fake.restart(dark_s=60)
    await clock.sleep(120)
    assert home.infos()[-1].firmware == "151"
    assert [asked.fate for asked in fake.journal.asked("ES.GetStatus")] == ["refused", "answered"]


async def test_a_port_held_by_another_program_is_said_and_tried_again(home: Home, clock: Clock) -> None:
    """Section 2, source port: a plain bind, and a clear word."""
    fake = await home.add()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", fake.address[1]))
        await home.ready(settle_s=40)
        alert = home.alerts()[f"port-{fake.address[1]}"]
        assert "cannot be used" in alert.text
        assert home.availability() == ["offline"]
    await clock.sleep(60)
    assert home.availability() == ["offline", "online"]
    assert not home.alerts()


async def test_a_battery_whose_name_means_nothing_yet_is_tried_again(home: Home, clock: Clock, tmp_path: Path) -> None:
    fake = await home.add(host="no-such-battery.invalid", mac="02005e10c0d0")
    await home.ready(settle_s=60)
    assert home.availability()[-1] == "online"
    assert fake.journal.asked("ES.GetMode")


async def test_thirty_percent_of_exchanges_lost_leaves_telemetry_fresh(home: Home, clock: Clock) -> None:
    """F25: no gap beyond what `info` promises, or nearly so."""
    await home.add(faults=Faults(), seed=11)
    await home.ready(settle_s=3600)
    stamps = [said.at_s for said in home.said if said.topic == "battery/garage/state"]
    late = [later - earlier for earlier, later in pairwise(stamps)]
    assert sum(gap > 30 for gap in late) <= 0.03 * len(late)
    assert home.availability() == ["online"]


async def test_the_main_loop_is_seen_to_turn(home: Home, clock: Clock) -> None:
    await home.add(faults=Faults(is_silent=True))
    home.health.connected = lambda: True
    await home.ready(settle_s=300)
    assert home.health.verdict() is None

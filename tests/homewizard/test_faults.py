"""Devices that are silent, refuse, babble, move, are exchanged or locked: told, survived, and no other one notices."""

from itertools import pairwise

import pytest

from common.clock import Clock
from common.contract import METER_STATE, PV_STATE, SWITCH_STATE
from common.homewizard import Found
from services.simulator.homewizard import SocketFake
from services.simulator.p1_meter import Babble
from tests.homewizard.home import Home


@pytest.mark.promise("2.10-17")
async def test_one_silent_device_disturbs_no_other(home: Home, clock: Clock) -> None:
    boiler, _ = await home.socket(), await home.socket("pump")
    await home.meter("roof", measures="pv")
    await home.ready()
    boiler.faults.silent = True
    began_s = clock.monotonic()
    home.renew(on=True, to="pump")
    await clock.sleep(120)
    for leaf, device in ((SWITCH_STATE.at("pump"), "pump"), (PV_STATE.at("roof"), "roof")):
        at = [said.at_s for said in home.said if said.topic == leaf.name and said.at_s > began_s]
        gaps = [later - earlier for earlier, later in pairwise(at)]
        assert max(gaps) < 6, device
    assert home.availability("pump") == ["online"]
    assert home.availability() == ["online", "offline"]


@pytest.mark.parametrize("fault", ["silent", "unplugged", "html", "503", "truncated"])
async def test_trouble_is_seen_within_a_minute_and_over_within_a_minute(home: Home, clock: Clock, fault: str) -> None:
    """I7, I8."""
    fake = await home.socket()
    await home.ready()
    home.renew(on=True)
    await clock.sleep(10)
    await _break(fake, fault)
    await clock.sleep(60)
    assert home.availability()[-1] == "offline"
    assert home.alerts()
    assert home.controls()[-1].mode == "offline"
    assert home.acks()[-1].outcome in ("timeout", "accepted")
    await _mend(fake, fault)
    await clock.sleep(45)
    assert home.availability()[-1] == "online"
    assert not home.alerts()
    assert home.acks()[-1].outcome == "applied"


async def _break(fake: SocketFake, fault: str) -> None:
    fake.faults.silent = fault == "silent"
    fake.faults.status = 503 if fault == "503" else None
    fake.faults.babble = {"html": "html", "truncated": "truncated"}.get(fault)  # type: ignore[assignment]  # a table
    if fault == "unplugged":
        await fake.unplug()


async def _mend(fake: SocketFake, fault: str) -> None:
    fake.faults.silent, fake.faults.status, fake.faults.babble = False, None, None
    if fault == "unplugged":
        await fake.plug_in()


BABBLE: tuple[Babble, ...] = (
    "html", "truncated", "not_a_number", "text_for_number", "true_for_number", "nothing", "too_much",
)  # fmt: skip


@pytest.mark.parametrize("babble", BABBLE)
async def test_nothing_is_taken_from_an_answer_that_makes_no_sense(home: Home, clock: Clock, babble: Babble) -> None:
    """F14."""
    fake = await home.meter("roof", measures="pv")
    await home.ready()
    known = len(home.heard(PV_STATE, "roof"))
    fake.faults.babble = babble
    await clock.sleep(60)
    assert len(home.heard(PV_STATE, "roof")) == known
    assert home.availability("roof", "pv")[-1] == "offline"


async def test_one_bad_answer_is_no_outage(home: Home, clock: Clock) -> None:
    fake = await home.meter("roof", measures="pv")
    await home.ready()
    fake.faults.babble = "truncated"
    await clock.sleep(5.5)
    fake.faults.babble = None
    await clock.sleep(30)
    assert home.availability("roof", "pv") == ["online"]
    assert not home.alerts()


async def test_a_device_that_answers_503_is_left_alone_for_a_while(home: Home, clock: Clock) -> None:
    """F26."""
    fake = await home.meter()
    await home.ready()
    fake.faults.status = 503
    began_s = clock.monotonic()
    await clock.sleep(300)
    assert len(fake.journal.of("request", since_s=began_s)) <= 25


async def test_a_local_api_that_is_off_is_told_and_looked_at_once_a_minute(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    fake.faults.api_off = True
    await home.ready()
    assert "Local API" in home.alerts()["api_off-boiler"].advice
    cmd_id = await home.order(on=True)
    await clock.sleep(2)
    ack = home.acks(cmd_id)[-1]
    assert (ack.outcome, "local API" in ack.detail) == ("failed", True)
    assert home.controls()[-1].mode == "offline"
    began_s = clock.monotonic()
    await clock.sleep(300)
    assert len(fake.journal.of("request", since_s=began_s)) <= 6
    fake.faults.api_off = False
    await clock.sleep(61)
    assert home.availability()[-1] == "online"
    assert not home.alerts()


async def test_a_revoked_token_is_told_and_not_hammered(home: Home, clock: Clock) -> None:
    """F28."""
    fake = await home.battery()
    await home.ready()
    fake.revoke_tokens()
    fake.drop()
    began_s = clock.monotonic()
    await clock.sleep(300)
    assert "pair-left" in home.alerts()
    assert len(fake.journal.of("auth_failure", since_s=began_s)) <= 6


async def test_a_battery_that_shows_another_certificate_gets_no_token(home: Home, clock: Clock) -> None:
    """F28."""
    fake = await home.battery()
    await home.ready()
    fake.replace_certificate()
    began_s = clock.monotonic()
    await clock.sleep(120)
    assert "pair-left" in home.alerts()
    assert not fake.journal.of("request", since_s=began_s)


async def test_another_socket_at_the_address_gets_no_order(home: Home, clock: Clock) -> None:
    """F27."""
    fake = await home.socket()
    await home.ready()
    await home.stop()
    fake.faults.serial = "3c39e7ffffff"
    await home.ready()
    await home.order(on=True)
    await clock.sleep(20)
    assert not fake.journal.of("written")
    assert "wrong_device-boiler" in home.alerts()


async def test_another_socket_that_takes_over_the_address_gets_no_order(home: Home, clock: Clock) -> None:
    """F27: between two questions the router gave the address away; the new connection is not taken on trust."""
    fake = await home.socket()
    await home.ready()
    fake.faults.serial = "3c39e7ffffff"
    fake.drop()
    await home.order(on=True)
    await clock.sleep(20)
    assert not fake.journal.of("written")
    assert "wrong_device-boiler" in home.alerts()


async def test_one_socket_under_two_names_is_commanded_under_one(home: Home, clock: Clock) -> None:
    """Two orders would fight for it. The loopback has many addresses, as a device has a name and an address."""
    fake = await home.socket()
    home.settings["sockets"]["twin"] = {"host": "localhost", "http_port": fake.http_port}
    await home.ready()
    assert "wrong_device-twin" in home.alerts()
    assert "boiler" in home.alerts()["wrong_device-twin"].text
    await home.order(on=True, to="twin")
    await clock.sleep(20)
    assert not fake.is_on


async def test_a_device_of_another_kind_gets_no_order(home: Home, clock: Clock) -> None:
    fake = await home.socket()
    fake.core.product_type = "HWE-KWH1"
    await home.ready()
    await home.order(on=True)
    await clock.sleep(20)
    assert not fake.journal.of("written")
    assert "HWE-KWH1" in home.alerts()["wrong_device-boiler"].text


async def test_a_device_that_moved_is_found_by_its_serial(home: Home, clock: Clock) -> None:
    """F27."""
    fake = await home.socket()

    async def locate(serial: str, clock: Clock) -> Found | None:
        return found if serial == fake.serial else None

    home.locate = locate
    await home.ready()
    await fake.move()
    found = Found(
        serial=fake.serial,
        product_type="HWE-SKT",
        name="",
        host=fake.host,
        generations=(1,),
        v1_enabled=True,
        http_port=fake.http_port,
        https_port=None,
    )
    await clock.sleep(120)
    assert home.availability()[-1] == "online"


async def test_an_order_to_a_silent_socket_times_out_and_is_never_carried_out_late(home: Home, clock: Clock) -> None:
    """I1."""
    fake = await home.socket()
    await home.ready()
    await fake.unplug()
    await clock.sleep(20)
    cmd_id = await home.order(on=True)
    await clock.sleep(40)
    assert home.outcomes(cmd_id)[1] == "timeout"
    await fake.plug_in()
    await clock.sleep(60)
    assert not fake.is_on


async def test_a_lease_that_ended_while_a_socket_was_away_is_made_good(home: Home, clock: Clock) -> None:
    """I2."""
    fake = await home.socket()
    await home.ready()
    await home.order(on=True)
    await clock.sleep(5)
    await fake.unplug()
    await clock.sleep(60)
    assert fake.is_on
    await fake.plug_in()
    await clock.sleep(35)
    assert not fake.is_on


async def test_values_that_cannot_be_true_are_left_out_and_told(home: Home, clock: Clock) -> None:
    """F15, F17."""
    await home.socket(max_power_w=1000)
    await home.ready()
    await home.order(on=True, ttl_s=120)
    await clock.sleep(30)
    state = home.heard(SWITCH_STATE, "boiler")[-1]
    assert (state.on, state.power_w) == (True, None)
    assert "implausible-boiler" in home.alerts()


async def test_a_counter_that_falls_is_not_believed_until_it_stays(home: Home, clock: Clock) -> None:
    """F17."""
    fake = await home.water()
    await home.ready(settle_s=40)
    fake.exchange()
    known = len(home.heard(METER_STATE, "water"))
    await clock.sleep(40)
    assert len(home.heard(METER_STATE, "water")) == known
    await clock.sleep(60)
    assert home.heard(METER_STATE, "water")[-1].water_m3 == pytest.approx(0.0)


async def test_a_socket_that_reboots_goes_on(home: Home, clock: Clock) -> None:
    """F24."""
    fake = await home.socket()
    await home.ready()
    home.renew(on=True)
    await clock.sleep(10)
    await fake.reboot()
    await clock.sleep(30)
    assert fake.is_on
    assert home.availability() == ["online"]
    assert home.acks()[-1].outcome == "applied"

"""Finding batteries, and trying those that are set."""

import socket

import pytest

from common.clock import Clock
from services.simulator.marstek import (
    VENUS_A_147,
    VENUS_C_153,
    VENUS_E3_150,
    VENUS_E_MINI_301,
    Faults,
    MarstekFake,
    Model,
)
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel
from services.udp_battery.check import check
from services.udp_battery.config import BatterySettings, Config
from services.udp_battery.discovery import discover
from services.udp_battery.link import PortTaken
from services.udp_battery.subnets import EVERYWHERE, broadcast_addresses
from tests.udp_battery.home import Home


def cells() -> Battery:
    return Battery(BatteryModel(), 50)


async def test_everybody_who_answers_is_found_once(clock: Clock) -> None:
    first = MarstekFake(cells(), clock, VENUS_E3_150, perfect(), host="127.0.1.11", mac="02005e10c0d0")
    async with first:
        port = first.address[1]
        second = MarstekFake(cells(), clock, VENUS_C_153, perfect(), host="127.0.1.12", port=port, mac="02005e10c0d1")
        async with second:
            places = [f"127.0.1.{last}" for last in range(10, 16)]
            found = await discover(clock, port=port, bind_host="127.0.0.1", addresses=places)
    assert [(one.host, one.model, one.version, one.mac) for one in found] == [
        ("127.0.1.11", "VenusE 3.0", 150, "02005e10c0d0"),
        ("127.0.1.12", "VenusC", 153, "02005e10c0d1"),
    ]


async def test_a_broadcast_reaches_them(clock: Clock) -> None:
    """Section 2: asked by broadcast, each 2 s for 10 s; our own question coming back is no battery."""
    fake = MarstekFake(cells(), clock, VENUS_A_147, perfect(), host="127.0.1.11", ear="127.255.255.255")
    async with fake:
        port = fake.address[1]
        found = await discover(clock, port=port, bind_host="127.0.0.1", addresses=["127.255.255.255", "127.0.0.1"])
    assert [one.model for one in found] == ["VenusA"]
    assert len(fake.journal.asked("Marstek.GetDevice")) == 5


async def test_a_battery_that_loses_a_third_of_everything_is_found_all_the_same(clock: Clock) -> None:
    fake = MarstekFake(cells(), clock, VENUS_E3_150, Faults(), host="127.0.1.11", seed=2)
    async with fake:
        found = await discover(clock, port=fake.address[1], bind_host="127.0.0.1", addresses=["127.0.1.11"])
    assert len(found) == 1


async def test_whoever_does_not_say_what_it_is_is_no_battery(clock: Clock) -> None:
    nameless = Model(device="", version=1)
    async with MarstekFake(cells(), clock, nameless, perfect(), host="127.0.1.11") as fake:
        assert await discover(clock, port=fake.address[1], bind_host="127.0.0.1", addresses=["127.0.1.11"]) == ()


async def test_in_an_empty_house_nobody_is_found(clock: Clock) -> None:
    before_s = clock.monotonic()
    assert await discover(clock, port=39_911, bind_host="127.0.0.1", addresses=["127.0.1.11"]) == ()
    assert clock.monotonic() - before_s == pytest.approx(10)


async def test_a_port_in_use_is_named(clock: Clock) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(PortTaken):
            await discover(clock, port=other.getsockname()[1], bind_host="127.0.0.1", addresses=["127.0.1.11"])


def test_by_default_every_network_of_this_machine_is_asked() -> None:
    addresses = broadcast_addresses()
    assert addresses[0] == EVERYWHERE
    assert len(set(addresses)) == len(addresses)
    for address in addresses:
        socket.inet_aton(address)


async def test_checking_says_what_each_battery_is_and_does(home: Home, clock: Clock) -> None:
    old = await home.add("garage", model=VENUS_A_147)
    new = await home.add("shed", soc_pct=61)
    gone = await home.add("attic", faults=Faults(is_silent=True))
    port = old.address[1]
    batteries = {
        name: BatterySettings(host=fake.address[0], port=port)
        for name, fake in (("garage", old), ("shed", new), ("attic", gone))
    }
    garage, shed, attic = await check(Config(batteries=batteries, bind_host="127.0.0.1"), clock)
    assert garage.is_well
    assert "VenusA, firmware 147" in garage.text
    assert "update its firmware" in garage.text
    assert shed.text == "VenusE 3.0, firmware 150, mac 02005e10c0d1: mode Auto, charge 61 %, taking 0 W"
    assert not attic.is_well
    assert "Open API" in attic.text
    assert not [asked for fake in (old, new) for asked in fake.journal.asked("ES.SetMode")]


async def test_checking_names_a_battery_that_is_not_the_one_meant(home: Home, clock: Clock) -> None:
    fake = await home.add()
    meant = BatterySettings(host=fake.address[0], port=fake.address[1], mac="02:00:5e:10:ff:ff")
    (finding,) = await check(Config(batteries={"garage": meant}, bind_host="127.0.0.1"), clock)
    assert not finding.is_well
    assert "expected the battery …ffff" in finding.text


async def test_checking_names_a_port_that_is_taken_and_a_name_nobody_knows(clock: Clock) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        batteries = {
            "garage": BatterySettings(host="127.0.1.11", port=other.getsockname()[1]),
            "shed": BatterySettings(host="no-such-battery.invalid", local_port=0),
        }
        garage, shed = await check(Config(batteries=batteries, bind_host="127.0.0.1"), clock)
    assert "cannot be used" in garage.text
    assert "nobody knows the address" in shed.text


async def test_a_battery_that_hears_only_its_own_port_is_checked_from_there(clock: Clock) -> None:
    fake = MarstekFake(cells(), clock, VENUS_E_MINI_301, perfect(), host="127.0.1.11", broadcast_to="127.255.255.255")
    async with fake:
        settings = BatterySettings(host="127.0.1.11", port=fake.address[1])
        (finding,) = await check(Config(batteries={"mini": settings}, bind_host="127.255.255.255"), clock)
    assert finding.is_well

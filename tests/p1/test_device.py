"""Which line is taken to which dongle."""

from pathlib import Path

import pytest

from common.clock import Clock
from common.errors import DeviceLocked, DeviceUnreachable
from common.homewizard import ApiOff, DiscoveryFailed, Found, LeafChanged, NotPaired, WrongDevice, pairing_file
from services.p1.device import Dongle
from services.p1.line import V1Line, V2Line
from tests.household import nowhere
from tests.p1.rig import Rig


def dongle(rig: Rig, remembered: str | None = None, **settings: object) -> Dongle:
    """A dongle at the fake's address."""
    return Dongle(rig.config(**settings), rig.data_dir, rig.clock, remembered, nowhere)


async def line_of(which: Dongle) -> type:
    """What kind of line it gives."""
    async with which.connected() as line:
        return type(line)


async def test_auto_is_v1_until_it_is_paired(rig: Rig) -> None:
    assert await line_of(dongle(rig)) is V1Line
    await rig.pair()
    assert await line_of(dongle(rig)) is V2Line
    assert await line_of(dongle(rig, api="v1")) is V1Line


async def test_v2_insists_on_a_pairing(rig: Rig) -> None:
    with pytest.raises(NotPaired):
        await line_of(dongle(rig, api="v2"))


async def test_a_damaged_pairing_is_not_a_reason_to_speak_in_the_clear(rig: Rig) -> None:
    """Somebody paired it once; falling back to v1 would hide that it is broken."""
    await rig.pair()
    pairing_file(rig.data_dir, "p1").write_bytes(b"{")
    with pytest.raises(NotPaired, match="damaged"):
        await line_of(dongle(rig))


async def test_a_changed_certificate_is_not_a_reason_to_speak_in_the_clear(rig: Rig) -> None:
    await rig.pair()
    rig.fake.replace_certificate()
    with pytest.raises(LeafChanged):
        await line_of(dongle(rig))
    assert not rig.fake.journal.of("request", "GET /api/v1/data")


async def test_the_first_dongle_becomes_the_one(rig: Rig) -> None:
    first = dongle(rig)
    assert first.serial is None
    await line_of(first)
    assert first.serial == rig.fake.serial


@pytest.mark.parametrize(("remembered", "configured"), [("ffeeddccbbaa", None), (None, "ffeeddccbbaa")])
async def test_another_serial_is_another_device(rig: Rig, remembered: str | None, configured: str | None) -> None:
    """F27."""
    with pytest.raises(WrongDevice, match="another serial number"):
        await line_of(dongle(rig, remembered, serial=configured))


async def test_the_configured_serial_overrules_the_remembered_one(rig: Rig) -> None:
    """How an owner says that the dongle was replaced."""
    assert await line_of(dongle(rig, "ffeeddccbbaa", serial=rig.fake.serial)) is V1Line


async def test_a_paired_dongle_may_not_call_itself_something_else(rig: Rig) -> None:
    await rig.pair()
    rig.fake.faults.serial = "ffeeddccbbaa"
    with pytest.raises(WrongDevice):
        await line_of(dongle(rig))


async def test_the_switch_in_the_app_is_recognised_when_connecting(rig: Rig) -> None:
    rig.fake.faults.api_off = True
    with pytest.raises(ApiOff):
        await line_of(dongle(rig))


async def test_a_ca_file_that_is_not_there_is_the_owners_to_mend(rig: Rig) -> None:
    await rig.pair()
    with pytest.raises(DeviceLocked, match="mend `ca_file`"):
        await line_of(dongle(rig, ca_file=Path("/nowhere/ca.pem")))


def elsewhere(serial: str) -> Found:
    """An announcement of another address."""
    return Found(
        serial=serial,
        product_type="HWE-P1",
        name="P1",
        host="192.0.2.9",
        generations=(1,),
        v1_enabled=True,
        http_port=8080,
        https_port=None,
    )


async def test_a_search_by_serial_moves_it_and_the_next_in_vain_moves_it_back(rig: Rig) -> None:
    """homewizard.md 5.5. What mDNS once said may be as old as what the owner wrote."""
    answers: list[Found | None] = [elsewhere(rig.fake.serial), None]

    async def locate(serial: str, clock: Clock) -> Found | None:
        return answers.pop(0)

    moving = Dongle(rig.config(), rig.data_dir, rig.clock, rig.fake.serial, locate)
    await moving.look_up()
    assert moving.host == "192.0.2.9"
    await moving.look_up()
    assert moving.host == rig.fake.host


async def test_without_a_serial_there_is_nothing_to_search_for(rig: Rig) -> None:
    async def locate(serial: str, clock: Clock) -> Found | None:
        raise AssertionError("asked the network for nobody")

    await Dongle(rig.config(), rig.data_dir, rig.clock, None, locate).look_up()


async def test_a_network_that_cannot_be_asked_is_no_trouble(rig: Rig) -> None:
    async def locate(serial: str, clock: Clock) -> Found | None:
        raise DiscoveryFailed("zeroconf is not installed")

    lost = Dongle(rig.config(), rig.data_dir, rig.clock, rig.fake.serial, locate)
    await lost.look_up()
    assert lost.host == rig.fake.host


async def test_a_dongle_that_is_gone_is_unreachable(rig: Rig) -> None:
    await rig.fake.unplug()
    with pytest.raises(DeviceUnreachable):
        await line_of(dongle(rig))

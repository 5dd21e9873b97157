"""Getting a token while the owner presses the button, and keeping it."""

import asyncio
import stat
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from common.clock import Clock
from common.errors import DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.homewizard import NotPaired, Pairing, Progress, WrongDevice, load, pair, pairing_file
from common.homewizard.identity import fingerprint
from services.simulator.p1_meter import P1Fake, certified
from tests.common.homewizard.conftest import listening, mute, paired

POST = "POST /api/user"


def silent(_: Progress) -> None:
    """Nobody watches."""


async def test_pairing_asks_each_two_seconds_until_the_button_is_pressed(
    fake: P1Fake, clock: Clock, tmp_path: Path
) -> None:
    """homewizard.md 4: repeating the POST every second or two while waiting is the intended flow."""
    told: list[Progress] = []

    def watch(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 5:
            fake.press_button()

    pairing = await pair(fake.host, "p1", tmp_path, clock, watch, port=fake.https_port)
    asked = [entry.at_s for entry in fake.journal.of("request", POST)]
    assert [later - earlier for earlier, later in pairwise(asked)] == pytest.approx([2.0] * 4)
    assert [progress.step for progress in told] == ["found"] + ["press_button"] * 4 + ["paired"]
    assert [progress.left_s for progress in told[1:5]] == pytest.approx([60, 58, 56, 54], abs=0.1)
    assert pairing == load(pairing_file(tmp_path, "p1"))


async def test_what_is_kept_is_who_it_is_and_which_certificate_it_showed(fake: P1Fake, pairing: Pairing) -> None:
    """Design 12."""
    assert (pairing.serial, pairing.kind) == (fake.serial, "p1dongle")
    assert pairing.leaf_sha256 == fingerprint(fake.certificate.der)
    assert pairing.user.startswith("local/ballast-")


async def test_the_file_is_for_our_eyes_only(fake: P1Fake, pairing: Pairing, tmp_path: Path) -> None:
    """homewizard.md 5.20: mode 0600; no half-written file is left beside it."""
    path = pairing_file(tmp_path, "p1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["p1.json"]
    assert orjson.loads(path.read_bytes())["token"] == pairing.token


async def test_the_token_is_not_shown_by_accident(pairing: Pairing) -> None:
    assert pairing.token not in repr(pairing) + str(pairing)


async def test_each_installation_has_a_name_of_its_own_and_keeps_it(fake: P1Fake, clock: Clock, tmp_path: Path) -> None:
    """homewizard.md 4: a name used again voids its old token, so two bridges must not share one."""
    first = await paired(fake, clock, tmp_path / "one")
    second = await paired(fake, clock, tmp_path / "two")
    again = await paired(fake, clock, tmp_path / "one")
    assert first.user != second.user
    assert again.user == first.user
    assert again.token != first.token


async def test_a_button_nobody_presses_ends_it_after_a_minute(fake: P1Fake, clock: Clock, tmp_path: Path) -> None:
    began_s = clock.monotonic()
    with pytest.raises(DeviceRefused, match="not pressed within 60 s"):
        await pair(fake.host, "p1", tmp_path, clock, silent, port=fake.https_port)
    assert clock.monotonic() - began_s == pytest.approx(60, abs=1)
    assert len(fake.journal.of("request", POST)) == 30
    assert not pairing_file(tmp_path, "p1").exists()


async def test_a_full_user_table_is_told_with_what_to_do(fake: P1Fake, clock: Clock, tmp_path: Path) -> None:
    for number in range(8):
        await paired(fake, clock, tmp_path / str(number))
    fake.press_button()
    with pytest.raises(DeviceRefused, match="remove one of its local users"):
        await pair(fake.host, "p1", tmp_path, clock, silent, port=fake.https_port)


async def test_another_device_than_the_one_discovered_is_not_asked(fake: P1Fake, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(WrongDevice):
        await pair(fake.host, "p1", tmp_path, clock, silent, port=fake.https_port, serial="ffeeddccbbaa")
    assert not fake.journal.contacts


async def test_a_server_that_is_no_appliance_is_not_asked(fake: P1Fake, clock: Clock, tmp_path: Path) -> None:
    fake.replace_certificate(certified("router.local"))
    with pytest.raises(DeviceUnintelligible, match=r"router\.local"):
        await pair(fake.host, "p1", tmp_path, clock, silent, port=fake.https_port)
    assert not fake.journal.contacts


async def test_a_device_that_is_not_what_its_certificate_says_is_forgotten(
    fake: P1Fake, clock: Clock, tmp_path: Path
) -> None:
    """Design 12: the name in the certificate is compared with what the device says of itself."""
    fake.faults.serial = "ffeeddccbbaa"
    with pytest.raises(WrongDevice, match="nothing was stored"):
        await paired(fake, clock, tmp_path)
    assert not pairing_file(tmp_path, "p1").exists()


async def test_the_token_is_kept_though_the_device_vanishes_right_after(
    fake: P1Fake, clock: Clock, tmp_path: Path
) -> None:
    """homewizard.md 4: persist the token before anything else can fail."""
    fake.press_button()
    fake.faults.absent.add("/api")
    with pytest.raises(DeviceRefused):
        await pair(fake.host, "p1", tmp_path, clock, silent, port=fake.https_port)
    assert load(pairing_file(tmp_path, "p1")).serial == fake.serial


async def test_a_port_that_speaks_something_else_is_no_device(clock: Clock, tmp_path: Path) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        await reader.read()

    async with listening(greet) as port:
        with pytest.raises(DeviceUnintelligible, match="does not speak TLS"):
            await pair("127.0.0.1", "p1", tmp_path, clock, silent, port=port)


async def test_a_port_that_says_nothing_is_given_up_after_five_seconds(clock: Clock, tmp_path: Path) -> None:
    """homewizard.md 5.1."""
    async with listening(mute) as port:
        with pytest.raises(DeviceUnreachable):
            await pair("127.0.0.1", "p1", tmp_path, clock, silent, port=port)
    assert clock.monotonic() == pytest.approx(5)


async def test_a_place_that_cannot_be_written_is_told_before_the_button(
    fake: P1Fake, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "homewizard").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="homewizard"):
        await pair(fake.host, "p1", tmp_path, clock, silent, port=fake.https_port)
    assert not fake.journal.contacts


def test_what_was_never_paired_says_how_to() -> None:
    with pytest.raises(NotPaired, match="ballast pair homewizard"):
        load(Path("/nowhere/p1.json"))


@pytest.mark.parametrize("content", [b"", b"{", b'{"token":"SECRETSECRET"}', b"\xff"])
def test_a_damaged_file_says_so_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p1.json"
    path.write_bytes(content)
    with pytest.raises(NotPaired) as caught:
        load(path)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotPaired, match="cannot be read"):
        load(tmp_path)

"""Asking a dongle over HTTP, both generations: timeouts, repetitions, what is not there, whose certificate it is."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from common.clock import Clock
from common.errors import DeviceLocked, DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.homewizard import Absent, LeafChanged, NotOffered, Pairing, TokenRevoked, connect_v1, connect_v2
from services.simulator.p1_meter import P1Fake, certified
from tests.common.homewizard.conftest import listening, mute, paired, saying

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def test_v1_tells_who_it_is_and_what_it_measures(fake: P1Fake, clock: Clock) -> None:
    async with connect_v1(fake.host, clock, port=fake.http_port) as device:
        assert (await device.device()).serial == fake.serial
        assert (await device.data())["active_power_w"] == 500
        assert (await device.telegram()).startswith("/SIM5")
    assert device.transport.connections == 1


async def test_v2_tells_the_same_to_who_is_paired(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        assert (await device.device()).api_version == "2.2.0"
        assert (await device.measurement())["power_w"] == 500
        assert (await device.read("/api/system"))["api_v1_enabled"] is True
        assert await device.write("/api/system/reboot", {}) == {}


async def test_a_token_nobody_knows_is_told_as_such(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    fake.revoke_tokens()
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        with pytest.raises(TokenRevoked):
            await device.device()


async def test_silence_ends_after_ten_seconds_and_is_tried_three_times(fake: P1Fake, clock: Clock) -> None:
    """homewizard.md 5.1: whole request 10 s; retry reads 3 times with back-off."""
    fake.faults.silent = True
    async with connect_v1(fake.host, clock, port=fake.http_port) as device:
        began_s = clock.monotonic()
        with pytest.raises(DeviceUnreachable):
            await device.data()
    assert 31 <= clock.monotonic() - began_s <= 32
    assert len(fake.journal.of("request", "GET /api/v1/data")) == 3


async def test_a_write_is_not_repeated(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    fake.faults.silent = True
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        with pytest.raises(DeviceUnreachable):
            await device.write("/api/system/reboot", {})
    assert len(fake.journal.of("request", "PUT /api/system/reboot")) == 1


async def test_connecting_ends_after_five_seconds(clock: Clock, pairing: Pairing) -> None:
    """homewizard.md 5.1: connect 5 s. Here TCP is there and TLS never comes."""
    async with listening(mute) as port, connect_v2("127.0.0.1", pairing, clock, port=port) as device:
        began_s = clock.monotonic()
        with pytest.raises(DeviceUnreachable):
            await device.write("/api/system", {})
        assert 5 <= clock.monotonic() - began_s < 5.1


async def test_a_closed_port_is_unreachable(clock: Clock, fake: P1Fake) -> None:
    await fake.unplug()
    async with connect_v1(fake.host, clock, port=fake.http_port) as device:
        with pytest.raises(DeviceUnreachable):
            await device.data()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", DeviceUnreachable),
        (OK + b"Content-Length: 100\r\n\r\n{", DeviceUnreachable),
        (OK + b"Content-Length: 9\r\n\r\n<html/>  ", DeviceUnintelligible),
        (OK + b"Content-Length: 0\r\n\r\n", DeviceUnintelligible),
        (OK + b"Content-Length: 99999\r\n\r\n" + b" " * 99_999, DeviceUnintelligible),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", DeviceUnintelligible),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", DeviceRefused),
    ],
    ids=["closed", "cut off", "html", "empty", "too long", "ssh", "redirect"],
)
async def test_each_bad_answer_is_one_of_our_errors(clock: Clock, answer: bytes, kind: type[Exception]) -> None:
    """F26, F44: a redirect is not followed, a long answer not read to its end."""
    async with listening(saying(answer)) as port, connect_v1("127.0.0.1", clock, port=port) as device:
        with pytest.raises(kind):
            await device.data()


async def test_one_request_at_a_time(clock: Clock) -> None:
    """homewizard.md 5.1: one request in flight per device."""
    at_once: list[int] = []
    running = 0

    async def slow(request: web.Request) -> web.Response:
        nonlocal running
        running += 1
        at_once.append(running)
        await clock.sleep(1)
        running -= 1
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/api/v1/data", slow)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with connect_v1("127.0.0.1", clock, port=runner.addresses[0][1]) as device:
        await asyncio.gather(*(device.data() for _ in range(5)))
    await runner.cleanup()
    assert at_once == [1] * 5


async def test_what_was_not_there_is_not_asked_for_until_the_firmware_changes(fake: P1Fake, clock: Clock) -> None:
    """homewizard.md 5.9, also over several connections."""
    absent = Absent()
    for firmware, asked in (("6.0305", 1), ("6.0305", 1), ("6.0401", 2)):
        fake.firmware = firmware
        async with connect_v1(fake.host, clock, port=fake.http_port, absent=absent) as device:
            await device.device()
            for _ in range(3):
                with pytest.raises(NotOffered):
                    await device.read("/api/v1/state")
        assert len(fake.journal.of("request", "GET /api/v1/state")) == asked


async def test_a_changed_certificate_is_refused_before_anything_is_sent(
    fake: P1Fake, clock: Clock, pairing: Pairing
) -> None:
    """Design 12, F28: the same name, another key; neither a request nor a websocket gets through."""
    fake.replace_certificate()
    began_s = clock.monotonic()
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        with pytest.raises(LeafChanged, match="pair again"):
            await device.measurement()
        with pytest.raises(LeafChanged):
            async with device.stream("measurement"):
                pass
    assert not fake.journal.of("request", since_s=began_s + 0.001)


async def test_a_certificate_that_changes_between_two_requests_is_refused_too(
    fake: P1Fake, clock: Clock, pairing: Pairing
) -> None:
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as device:
        await device.measurement()
        fake.replace_certificate()
        await clock.sleep(0.1)
        with pytest.raises(LeafChanged):
            await device.measurement()
    assert len(fake.journal.of("request", "GET /api/measurement")) == 1


async def test_with_a_ca_the_certificate_must_be_signed_by_it_too(fake: P1Fake, clock: Clock, tmp_path: Path) -> None:
    """Design 12: `ca_file` is optional, on top of the pin."""
    authority, stranger = certified("Our Authority"), certified("Another Authority")
    fake.replace_certificate(certified(f"appliance/p1dongle/{fake.serial}", authority))
    (tmp_path / "ours.pem").write_bytes(authority.pem)
    (tmp_path / "another.pem").write_bytes(stranger.pem)
    pairing = await paired(fake, clock, tmp_path)
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port, ca_file=tmp_path / "ours.pem") as device:
        assert (await device.device()).serial == fake.serial
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port, ca_file=tmp_path / "another.pem") as device:
        with pytest.raises(LeafChanged):
            await device.device()


async def test_a_ca_does_not_replace_the_pin(fake: P1Fake, clock: Clock, tmp_path: Path) -> None:
    authority = certified("Our Authority")
    name = f"appliance/p1dongle/{fake.serial}"
    fake.replace_certificate(certified(name, authority))
    (tmp_path / "ours.pem").write_bytes(authority.pem)
    pairing = await paired(fake, clock, tmp_path)
    fake.replace_certificate(certified(name, authority))
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port, ca_file=tmp_path / "ours.pem") as device:
        with pytest.raises(LeafChanged):
            await device.device()


@pytest.mark.parametrize("content", [None, b"not a certificate"])
async def test_a_ca_file_that_holds_none_is_the_owners_to_mend(
    clock: Clock, pairing: Pairing, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DeviceLocked, match="mend `ca_file`"):
        async with connect_v2("127.0.0.1", pairing, clock, ca_file=file):
            pass


async def test_the_vendors_ca_can_be_used(clock: Clock, pairing: Pairing, shared: Path) -> None:
    """homewizard.md 4: X.509 version 1, which Python 3.13 refuses unless the strict flag is cleared."""
    async with connect_v2(
        "127.0.0.1", pairing, clock, ca_file=shared / "protocols/samples/homewizard/homewizard-ca-cert.pem"
    ):
        pass

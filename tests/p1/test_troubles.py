"""Every trouble the dongle can have: what the householder is told, how often it is asked, how it ends."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from common.clock import Clock
from common.homewizard import Found, pairing_file
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import House, Noise, Steps
from tests.p1.rig import SITE, Rig


def tries(rig: Rig, since_s: float) -> list[float]:
    """Instants at which the dongle was spoken to."""
    return [entry.at_s for entry in rig.fake.journal.of("request", since_s=since_s)]


async def test_an_unplugged_dongle_is_unreachable_until_it_is_back(rig: Rig) -> None:
    """homewizard.md 5.5 and 5.15: back-off from 5 s, a clear alert, no crash; I7: visible within 60 s."""
    async with rig.bridge():
        await rig.until_states(5)
        await rig.fake.unplug()
        gone_s = rig.clock.monotonic()
        await rig.until(lambda: not rig.is_online, "it is offline", limit_s=10)
        await rig.until(lambda: "unreachable" in rig.alerts, "the alert", limit_s=30)
        assert "Wi-Fi" in rig.alerts["unreachable"].advice
        assert not rig.since(gone_s)
        await rig.fake.plug_in()
        await rig.until_states(2)
        assert rig.is_online
        assert not rig.alerts


async def test_the_pauses_between_tries_grow_to_five_minutes(rig: Rig) -> None:
    """homewizard.md 5.5: 5 s to 300 s with jitter, and three quick repetitions in each try (5.1)."""
    async with rig.bridge():
        await rig.until_states(2)
        rig.fake.faults.status = 500
        rig.fake.period_s = 100.0  # nobody listens
        broken_s = rig.clock.monotonic()
        await rig.clock.sleep(1500)
    at = tries(rig, broken_s)
    pauses = [round(later - earlier) for earlier, later in pairwise(at) if later - earlier > 2]
    assert len(pauses) >= 7
    assert 5 <= pauses[0] <= 10
    assert 150 <= max(pauses) <= 300


async def test_a_silent_dongle_is_given_up_in_time(rig: Rig) -> None:
    """homewizard.md 5.1: a request may take 10 s, and is tried three times."""
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.silent = True
        silent_s = rig.clock.monotonic()
        await rig.until(lambda: not rig.is_online, "it is offline", limit_s=40)
        assert len(tries(rig, silent_s)) <= 4
        rig.fake.faults.silent = False
        await rig.until_states(2)


async def test_the_switch_in_the_app_is_named_and_looked_at_once_a_minute(rig: Rig) -> None:
    """homewizard.md 5.7: a distinct status, poll slowly (60 s), recover without restart."""
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.api_off = True
        off_s = rig.clock.monotonic()
        await rig.until(lambda: "api_off" in rig.alerts, "the alert", limit_s=5)
        assert "Local API" in rig.alerts["api_off"].advice
        await rig.clock.sleep(300)
        assert len(tries(rig, off_s)) <= 7
        rig.fake.faults.api_off = False
        assert await rig.until(lambda: rig.is_online, "it is read again", limit_s=70) <= 65
        assert not rig.alerts


async def test_another_refusal_with_403_is_not_taken_for_the_switch(rig: Rig) -> None:
    """homewizard.md 5.7: treat other 403 bodies apart."""
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.status = 403
        await rig.until(lambda: "not_understood" in rig.alerts, "the alert")
        assert "api_off" not in rig.alerts


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_page_of_html_is_not_hammered(rig: Rig, status: int) -> None:
    """F26: back-off, at most one request per declared period."""
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.status = status
        began_s = rig.clock.monotonic()
        await rig.clock.sleep(60)
        assert len(tries(rig, began_s)) <= 6
        assert "not_understood" in rig.alerts
        rig.fake.faults.status = None
        await rig.until_states(2, limit_s=100)
        assert not rig.alerts


async def test_answers_without_sense_end_the_line_after_five(rig: Rig) -> None:
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.babble = "html"
        began_s = rig.clock.monotonic()
        await rig.until(lambda: not rig.is_online, "it is offline", limit_s=15)
        assert len(rig.fake.journal.of("request", "GET /api/v1/data", since_s=began_s + 0.001)) == 5
        await rig.until(lambda: "not_understood" in rig.alerts, "the alert")
        rig.fake.faults.babble = None
        await rig.until_states(2)


async def test_a_revoked_token_stops_the_hammering(rig: Rig) -> None:
    """homewizard.md 5.8, F28: no more than one try a minute, an alert, and the stored token stays."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.revoke_tokens()
        rig.fake.drop()
        revoked_s = rig.clock.monotonic()
        await rig.until(lambda: "pair" in rig.alerts, "the alert", limit_s=15)
        assert "ballast pair homewizard" in rig.alerts["pair"].advice
        await rig.clock.sleep(290)
        assert len(rig.fake.journal.of("auth_failure", since_s=revoked_s)) <= 6
        assert pairing_file(rig.data_dir, "p1").exists()
        await rig.pair()
        assert await rig.until(lambda: rig.is_online, "it is read again", limit_s=70) <= 65
        assert not rig.alerts


async def test_a_changed_certificate_gets_nothing_from_us(rig: Rig) -> None:
    """F28, design 12: a changed leaf is refused before a byte of ours, least of all the token, is sent."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.replace_certificate()
        changed_s = rig.clock.monotonic()
        await rig.until(lambda: "pair" in rig.alerts, "the alert", limit_s=15)
        await rig.clock.sleep(120)
        assert tries(rig, changed_s + 0.001) == []
        assert rig.fake.journal.of("stream_opened", since_s=changed_s + 0.001) == []
        assert "pair again" in rig.alerts["pair"].advice
        await rig.pair()
        await rig.until(lambda: rig.is_online, "it is read again", limit_s=70)


async def test_v2_without_a_pairing_asks_to_pair(rig: Rig) -> None:
    async with rig.bridge(api="v2"):
        await rig.until(lambda: "pair" in rig.alerts, "the alert", limit_s=2)
        assert not rig.fake.journal.entries
        await rig.pair()
        await rig.until_states(2, limit_s=70)


async def test_v1_stays_v1_though_it_is_paired(rig: Rig) -> None:
    await rig.pair()
    async with rig.bridge(api="v1"):
        await rig.until_states(3)
    assert not rig.fake.journal.of("stream_opened")


async def test_a_meter_that_says_nothing_is_a_matter_of_its_cable(rig: Rig) -> None:
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.no_telegram = True
        await rig.until(lambda: "frozen" in rig.alerts, "the alert")
        assert "cable" in rig.alerts["frozen"].advice
        assert not rig.is_online
        rig.fake.faults.no_telegram = False
        await rig.until_states(2)
        assert not rig.alerts


async def test_another_dongle_at_the_address_is_not_read(rig: Rig) -> None:
    """homewizard.md 5.5, F27: the serial is checked before data is taken."""
    rig.fake.faults.serial = "ffeeddccbbaa"
    async with rig.bridge(serial="aabbcc0d1e2f"):
        await rig.until(lambda: "wrong_device" in rig.alerts, "the alert", limit_s=5)
        assert not rig.states
        rig.fake.faults.serial = None
        await rig.until_states(2)
        assert not rig.alerts


async def test_the_first_dongle_that_answers_is_remembered_over_a_restart(rig: Rig) -> None:
    async with rig.bridge():
        await rig.until_states(2)
    rig.fake.faults.serial = "ffeeddccbbaa"
    async with rig.bridge():
        await rig.until(lambda: "wrong_device" in rig.alerts, "the alert", limit_s=5)


async def test_a_dongle_that_moved_is_found_by_its_serial(rig: Rig, clock: Clock) -> None:
    """homewizard.md 5.5: after three failures its serial is looked up by mDNS (a change of address by DHCP)."""
    house = House(Noise(Steps(900.0), 40.0), Steps(0.0), {})
    async with P1Fake(house, clock, zone=SITE.zone, serial=rig.fake.serial) as elsewhere:
        asked: list[str] = []

        async def locate(serial: str, clock: Clock) -> Found | None:
            asked.append(serial)
            return Found(
                serial=serial,
                product_type="HWE-P1",
                name="P1 meter",
                host=elsewhere.host,
                generations=(1,),
                v1_enabled=True,
                http_port=elsewhere.http_port,
                https_port=None,
            )

        async with rig.bridge(locate=locate):
            await rig.until_states(3)
            await rig.fake.unplug()
            await rig.until_states(3, limit_s=90)
            assert asked == [rig.fake.serial]
            assert rig.states[-1].state.power_w > 800


@pytest.mark.parametrize(
    "break_it",
    [
        lambda fake: setattr(fake.faults, "silent", True),
        lambda fake: setattr(fake.faults, "frozen", True),
        lambda fake: setattr(fake.faults, "api_off", True),
        lambda fake: setattr(fake.faults, "babble", "truncated"),
        lambda fake: setattr(fake.faults, "status", 503),
        lambda fake: setattr(fake.faults, "no_telegram", True),
        lambda fake: setattr(fake.faults, "serial", "ffeeddccbbaa"),
    ],
    ids=["silent", "frozen", "api off", "truncated", "503", "cable", "wrong device"],
)
async def test_any_fault_is_visible_within_a_minute(rig: Rig, break_it: Callable[[P1Fake], None]) -> None:
    """I7: availability or an alert, and the last reading is not said again."""
    async with rig.bridge():
        await rig.until_states(3)
        break_it(rig.fake)
        rig.fake.drop()
        broken_s = rig.clock.monotonic()
        await rig.until(lambda: not rig.is_online or bool(rig.alerts), "anybody notices", limit_s=60)
        await rig.clock.sleep(30)
    assert len(rig.since(broken_s + 1.5)) == 0

"""Readings by polling v1, for dongles that are not paired: repeated telegrams are no news, constant houses are."""

from itertools import pairwise

import pytest

from common.clock import Clock
from common.memory_bus import MemoryBroker
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import House, Steps
from tests.p1.rig import SITE, Rig

DATA, TELEGRAM = "GET /api/v1/data", "GET /api/v1/telegram"


def gaps_s(rig: Rig, since_s: float = 0.0) -> list[float]:
    """Times between two published states."""
    return [later.at_s - earlier.at_s for earlier, later in pairwise(rig.since(since_s))]


async def test_an_unpaired_dongle_is_polled_each_second(rig: Rig) -> None:
    async with rig.bridge():
        await rig.until_states(20)
    assert max(gaps_s(rig)) <= 2
    asked = rig.fake.journal.of("request", DATA)
    assert min(later.at_s - earlier.at_s for earlier, later in pairwise(asked)) >= 0.99
    assert rig.infos[-1].poll_s == 1.0


async def test_the_owner_chooses_how_often_it_is_asked(rig: Rig) -> None:
    async with rig.bridge(poll_s=5.0):
        await rig.until_states(6)
    asked = rig.fake.journal.of("request", DATA)
    assert min(later.at_s - earlier.at_s for earlier, later in pairwise(asked)) >= 4.99
    assert (rig.infos[-1].poll_s, rig.infos[-1].stale_after_s) == (5.0, 15.0)


async def test_a_ten_second_meter_is_told_as_one(rig: Rig) -> None:
    """homewizard.md 1: polling a 10 s meter each second only repeats the same telegram."""
    rig.fake.period_s = 10.0
    async with rig.bridge():
        await rig.until_states(6, limit_s=120)
    assert min(gaps_s(rig)) >= 9
    assert (rig.infos[-1].poll_s, rig.infos[-1].stale_after_s) == (10.0, 30.0)
    assert not rig.raised


async def test_a_meter_of_one_telegram_a_minute_is_slow_but_not_broken(rig: Rig) -> None:
    """F13: the stale limit follows the real period, so that the loop does not lock up."""
    rig.fake.period_s = 60.0
    async with rig.bridge():
        await rig.until_states(5, limit_s=500)
        learnt_s = rig.clock.monotonic()
        await rig.until_states(2, limit_s=150)
    assert (rig.infos[-1].poll_s, rig.infos[-1].stale_after_s) == (60.0, 180.0)
    assert [said for at_s, said in rig.availability if at_s > learnt_s] == ["offline"]  # the end of the test


@pytest.fixture
async def still(clock: Clock, memory_broker: MemoryBroker, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """A house that draws nothing and whose counters stand still."""
    house = House(Steps(0.0), Steps(0.0), {})
    rig = Rig(P1Fake(house, clock, zone=SITE.zone), clock, memory_broker, tmp_path_factory.mktemp("still"))
    memory_broker.watch(rig.hear)
    return rig


async def test_a_constant_house_is_read_as_long_as_the_meters_clock_moves(still: Rig) -> None:
    """homewizard.md 5.4, F12: an unchanged value alone is no alarm; the raw telegram's own time decides."""
    async with still.fake, still.bridge():
        await still.until_states(10, limit_s=60)
        began_s = still.clock.monotonic()
        await still.clock.sleep(60)
    assert max(gaps_s(still, began_s)) <= 5
    assert not still.raised
    assert len(still.fake.journal.of("request", TELEGRAM)) < 45
    assert still.states[-1].state.quality == "good"


async def test_a_frozen_meter_is_not_read_for_live(still: Rig) -> None:
    """homewizard.md 5.4, F12: the same telegram, its clock standing still, is frozen, and an alert says so."""
    async with still.fake, still.bridge():
        await still.until_states(5)
        still.fake.faults.frozen = True
        frozen_s = still.clock.monotonic()
        await still.until(lambda: "frozen" in still.alerts, "the alert")
        assert 30 <= still.clock.monotonic() - frozen_s <= 45
        assert len(still.since(frozen_s)) <= 1
        assert not still.is_online
        still.fake.faults.frozen = False
        assert await still.until(lambda: still.is_online, "it is read again") <= 10
        assert not still.alerts


async def test_a_meter_without_a_clock_is_believed_with_a_mark_on_it(still: Rig) -> None:
    """Very old meters write no time: nobody can tell constant from frozen, so the quality says estimated."""
    still.fake.faults.absent.add("/api/v1/telegram")
    async with still.fake, still.bridge():
        await still.until_states(5)
    assert {said.state.quality for said in still.states[1:]} == {"estimated"}


async def test_an_endpoint_that_is_not_there_is_not_asked_for_again(still: Rig) -> None:
    """homewizard.md 5.9: 404 is remembered until the firmware changes, also over a reconnect."""
    still.fake.faults.absent.add("/api/v1/telegram")
    async with still.fake, still.bridge():
        await still.until_states(5)
        assert len(still.fake.journal.of("request", TELEGRAM)) == 1
        await still.fake.unplug()
        await still.until(lambda: not still.is_online, "it is missed")
        await still.fake.plug_in()
        await still.until_states(3)
        assert len(still.fake.journal.of("request", TELEGRAM)) == 1
        await still.fake.unplug()
        await still.until(lambda: not still.is_online, "it is missed")
        still.fake.firmware = "6.0401"
        await still.fake.plug_in()
        await still.until_states(3)
        assert len(still.fake.journal.of("request", TELEGRAM)) == 2


async def test_the_first_sample_after_an_outage_is_not_believed(rig: Rig) -> None:
    """homewizard.md 5.3 without a timestamp: a second, different reading must come."""
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.drop()
        await rig.fake.unplug()
        await rig.until(lambda: not rig.is_online, "it is missed")
        await rig.fake.plug_in()
        asked = len(rig.fake.journal.of("request", DATA))
        await rig.until_states(1)
    assert len(rig.fake.journal.of("request", DATA)) >= asked + 2


async def test_pairing_is_noticed_without_a_restart(rig: Rig) -> None:
    """`api: auto` means the better way as soon as there is one."""
    async with rig.bridge():
        await rig.until_states(3)
        await rig.pair()
        await rig.until(lambda: rig.fake.open_streams == 1, "the websocket is open", limit_s=5)
        await rig.until_states(3)


async def test_another_dongle_behind_a_new_connection_is_noticed_at_once(rig: Rig) -> None:
    """homewizard.md 5.5, F27: v1 has no proof of identity, so each new connection asks who it is first."""
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.serial = "ffeeddccbbaa"
        rig.fake.drop()
        changed_s = rig.clock.monotonic()
        await rig.until(lambda: "wrong_device" in rig.alerts, "the alert")
        assert not rig.since(changed_s)

"""Readings through the websocket: pushed, dated, and not one of them old."""

from itertools import pairwise

from services.simulator.p1_meter import Babble
from tests.p1.rig import Rig

BAD: tuple[Babble, ...] = ("true_for_number", "text_for_number", "not_a_number", "truncated", "nothing")


async def one_push_of(rig: Rig, kind: Babble) -> None:
    """Let the dongle push nonsense once."""
    pushes = len(rig.fake.journal.of("push"))
    rig.fake.faults.babble = kind
    await rig.until(lambda: len(rig.fake.journal.of("push")) > pushes, "a bad push", tick_s=0.1)
    rig.fake.faults.babble = None


def gaps_s(rig: Rig, since_s: float = 0.0) -> list[float]:
    """Times between two published states."""
    return [later.at_s - earlier.at_s for earlier, later in pairwise(rig.since(since_s))]


async def test_a_push_is_published_the_moment_it_comes(rig: Rig) -> None:
    """The age of a reading is the meter's own delay: nothing in the bridge waits."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(20)
    pushes = [entry for entry in rig.fake.journal.of("push") if entry.at_s >= rig.states[0].at_s]
    assert [said.at_s for said in rig.states] == [push.at_s for push in pushes[: len(rig.states)]]
    assert [said.state.power_w for said in rig.states] == [
        push.telegram.power_w for push in pushes[: len(rig.states)] if push.telegram
    ]


async def test_a_reading_is_dated_by_its_arrival_and_carries_the_meters_own_time(rig: Rig) -> None:
    """The meter writes local time without a zone; on the bus it is UTC."""
    await rig.pair()
    began_ms = rig.clock.wall_ms() - round(rig.clock.monotonic() * 1000)
    async with rig.bridge():
        await rig.until_states(3)
    for said in rig.states:
        assert said.ts_ms == began_ms + round(said.at_s * 1000)
        assert said.state.device_ts_ms is not None
        assert 100 <= said.ts_ms - said.state.device_ts_ms <= 1300  # telegram to push, in whole seconds


async def test_every_field_of_the_meter_arrives(rig: Rig) -> None:
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(2)
        telegram, state = rig.fake.telegram, rig.states[-1].state
    assert state.energy_import_wh == sum(telegram.import_wh)
    assert state.energy_export_t2_wh == telegram.export_wh[1]
    assert (state.power_l1_w, state.voltage_l1_v) == (telegram.phases[0].power_w, telegram.phases[0].voltage_v)
    assert (state.tariff, state.gas_m3) == (telegram.tariff, telegram.gas_m3)
    assert (state.quarter_hour_w, state.month_peak_w) == (telegram.quarter_hour_w, telegram.month_peak_w)
    assert state.quality == "good"


async def test_what_kind_of_meter_it_is_is_told_once(rig: Rig) -> None:
    """A DSMR 5 meter: each second, stale after ten; it takes no orders."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(15)
    [info] = rig.infos
    assert (info.vendor, info.model, info.firmware) == ("HomeWizard", "HWE-P1", rig.fake.firmware)
    assert (info.poll_s, info.stale_after_s, info.capabilities) == (1.0, 10.0, ())
    assert rig.availability[0][1] == "online"


async def test_without_a_websocket_the_measurement_is_asked_for_each_ten_seconds(rig: Rig) -> None:
    """homewizard.md 5.2: REST poll (10 s) while it is down. The published period says so."""
    await rig.pair()
    rig.fake.faults.absent.add("/api/ws")
    async with rig.bridge():
        await rig.until_states(6, limit_s=90)
        assert rig.is_online
    assert all(9.9 <= gap <= 10.5 for gap in gaps_s(rig))
    assert (rig.infos[-1].poll_s, rig.infos[-1].stale_after_s) == (10.0, 30.0)


async def test_the_websocket_is_taken_up_again_when_it_comes_back(rig: Rig) -> None:
    """homewizard.md 5.2: websocket first."""
    await rig.pair()
    rig.fake.faults.absent.add("/api/ws")
    async with rig.bridge():
        await rig.until_states(2)
        rig.fake.faults.absent.clear()
        await rig.until(lambda: rig.fake.open_streams == 1, "the websocket is open")
        began_s = rig.clock.monotonic()
        await rig.until_states(10, limit_s=15)
        await rig.until(lambda: rig.infos[-1].poll_s == 1.0, "the period is that of the meter again")
    assert max(gaps_s(rig, began_s)) < 2


async def test_a_dongle_that_stops_streaming_is_polled_and_then_reconnected(rig: Rig) -> None:
    """homewizard.md 5.2: pings are not enough. 45 s without a measurement close the websocket; data flow meanwhile."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(5)
        rig.fake.faults.stalled = True
        stalled_s = rig.clock.monotonic()
        await rig.until(lambda: rig.fake.open_streams == 0, "the websocket is closed")
        closed_s = rig.clock.monotonic()
        assert 45 <= closed_s - stalled_s <= 57
        assert max(gaps_s(rig, stalled_s - 2)) <= 12
        rig.fake.faults.stalled = False
        await rig.until(lambda: rig.fake.open_streams == 1, "the websocket is open again", limit_s=15)
        await rig.until_states(5, limit_s=8)
    assert not rig.raised


async def test_a_half_open_websocket_is_found_and_replaced(rig: Rig) -> None:
    """homewizard.md 5.2: WS ping each 30 s, dropped after 10 s without pong. One such line froze control for 1.5 h."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(5)
        rig.fake.half_open()
        dead_s = rig.clock.monotonic()
        await rig.until(lambda: len(rig.fake.journal.of("stream_opened")) == 2, "a second websocket")
        assert rig.clock.monotonic() - dead_s <= 60
        assert max(gaps_s(rig, dead_s - 2)) <= 12
        await rig.until_states(5, limit_s=8)


async def test_a_reboot_is_survived_without_an_old_reading(rig: Rig) -> None:
    """homewizard.md 5.6: the websocket closes, subscriptions are lost, tokens survive."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(5)
        await rig.fake.reboot()
        await rig.until(lambda: len(rig.fake.journal.of("stream_opened")) == 2, "subscribed again", limit_s=15)
        await rig.until_states(5, limit_s=8)
    stamps = [said.state.device_ts_ms for said in rig.states]
    assert stamps == sorted(set(stamps), key=lambda stamp: stamp or 0)
    assert not rig.raised


async def test_a_cached_sample_after_a_reconnect_is_not_published(rig: Rig) -> None:
    """homewizard.md 5.3: a broken dongle can replay one cached sample after each reconnect."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(5)
        old = rig.fake.telegram
        rig.fake.replay()
        await rig.until_states(5)
        last_s = rig.clock.monotonic()
        rig.fake.faults.absent.add("/api/measurement")
        await rig.fake.reboot()
        await rig.until_states(5)
    after = [said.state.device_ts_ms for said in rig.since(last_s)]
    assert min(stamp for stamp in after if stamp) > old.at.timestamp() * 1000


async def test_one_bad_message_costs_one_reading(rig: Rig) -> None:
    """homewizard.md 5.11, F14: a bool, a text or NaN in place of a number is refused, and reading goes on."""
    await rig.pair()
    async with rig.bridge():
        for kind in BAD:
            await rig.until_states(3)
            await one_push_of(rig, kind)
        await rig.until_states(3)
    assert max(gaps_s(rig)) < 2.7
    assert len(rig.fake.journal.of("stream_opened")) == 1


async def test_the_first_reading_of_all_waits_for_a_second_one(rig: Rig) -> None:
    """homewizard.md 5.3: after two samples, or an advancing timestamp, and not before."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(1)
    pushes = rig.fake.journal.of("push")
    assert len(pushes) >= 2
    assert rig.states[0].at_s == pushes[1].at_s

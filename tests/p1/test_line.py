"""Lines on their own: what they bring, and how they end."""

from contextlib import aclosing

import pytest

from common.errors import DeviceUnintelligible, DeviceUnreachable
from common.homewizard import NoTelegram, TokenRevoked
from services.p1.device import Dongle
from services.p1.heard import Heard, Item
from services.p1.line import Line
from tests.household import nowhere
from tests.p1.rig import Rig


async def bring(line: Line, number: int) -> list[Item]:
    """The first items of a line."""
    items: list[Item] = []
    async with aclosing(line.heard()) as heard:
        async for item in heard:
            items.append(item)
            if len(items) == number:
                break
    return items


def dongle(rig: Rig) -> Dongle:
    """At the fake's address."""
    return Dongle(rig.config(), rig.data_dir, rig.clock, None, nowhere)


async def test_only_the_first_item_of_a_connection_is_marked_as_such(rig: Rig) -> None:
    async with dongle(rig).connected() as line:
        items = await bring(line, 4)
    assert [item.is_first for item in items if isinstance(item, Heard)] == [True, False, False, False]
    assert {item.each_s for item in items if isinstance(item, Heard)} == {1.0}


async def test_what_is_pushed_took_nobodys_question(rig: Rig) -> None:
    await rig.pair()
    async with dongle(rig).connected() as line:
        items = await bring(line, 4)
    assert [(item.each_s, item.took_s) for item in items if isinstance(item, Heard)] == [(0.0, None)] * 4


async def test_nonsense_is_an_item_and_not_the_end(rig: Rig) -> None:
    async with dongle(rig).connected() as line:
        rig.fake.faults.babble = "html"
        items = await bring(line, 3)
    assert all(isinstance(item, DeviceUnintelligible) for item in items)


async def test_a_silent_v1_dongle_ends_the_line(rig: Rig) -> None:
    async with dongle(rig).connected() as line:
        await rig.fake.unplug()
        with pytest.raises(DeviceUnreachable):
            await bring(line, 1)


async def test_a_v2_dongle_that_is_gone_ends_the_line_after_one_question(rig: Rig) -> None:
    """Not one per way of asking: whoever is gone is asked three times, 0.5 s apart, not six."""
    await rig.pair()
    async with dongle(rig).connected() as line:
        await bring(line, 2)
        await rig.fake.unplug()
        gone_s = rig.clock.monotonic()
        with pytest.raises(DeviceUnreachable):
            await bring(line, 99)
        assert rig.clock.monotonic() - gone_s < 3


async def test_a_dongle_that_falls_silent_on_both_ways_is_given_up_within_a_minute(rig: Rig) -> None:
    """I7: 10 s of silence on the websocket, one question in three tries, and no second one."""
    await rig.pair()
    async with dongle(rig).connected() as line, aclosing(line.heard()) as heard:
        await anext(heard)
        rig.fake.faults.stalled = rig.fake.faults.silent = True
        silent_s = rig.clock.monotonic()
        with pytest.raises(DeviceUnreachable):
            await anext(heard)
        assert rig.clock.monotonic() - silent_s < 45


async def test_a_revoked_token_ends_the_line_at_once(rig: Rig) -> None:
    """homewizard.md 5.8: stop, no hammering by the other way of asking."""
    await rig.pair()
    async with dongle(rig).connected() as line:
        rig.fake.revoke_tokens()
        with pytest.raises(TokenRevoked):
            await bring(line, 1)
    assert len(rig.fake.journal.of("auth_failure")) == 1


@pytest.mark.parametrize("is_paired", [False, True])
async def test_the_meters_clock_is_in_its_raw_telegram(rig: Rig, is_paired: bool) -> None:
    """homewizard.md 5.4."""
    if is_paired:
        await rig.pair()
    async with dongle(rig).connected() as line:
        assert await line.meter_clock() == f"{rig.fake.telegram.at:%y%m%d%H%M%S}S"


@pytest.mark.parametrize("is_paired", [False, True])
async def test_a_meter_that_says_nothing_has_no_telegram(rig: Rig, is_paired: bool) -> None:
    if is_paired:
        await rig.pair()
    rig.fake.faults.no_telegram = True
    async with dongle(rig).connected() as line:
        with pytest.raises(NoTelegram):
            await line.meter_clock()


async def test_a_dongle_without_raw_telegrams_has_no_clock(rig: Rig) -> None:
    rig.fake.faults.absent.add("/api/v1/telegram")
    async with dongle(rig).connected() as line:
        assert await line.meter_clock() is None


async def test_leaving_a_line_closes_its_websocket(rig: Rig) -> None:
    await rig.pair()
    async with dongle(rig).connected() as line:
        await bring(line, 2)
    await rig.clock.sleep(0.5)
    assert rig.fake.open_streams == 0

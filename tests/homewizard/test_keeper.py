"""What outlives a restart is written down, and a disk that hangs delays no order."""

import asyncio
from pathlib import Path

from pydantic import JsonValue

from common.clock import Clock
from common.store import Store
from common.switching import Lasting, Memory
from services.homewizard.keeper import Keeper


class Stuck(Store):
    """A disk that takes nothing and says nothing."""

    async def put(self, key: str, value: JsonValue) -> bool:
        await asyncio.Event().wait()
        return False


async def test_a_disk_that_hangs_delays_nothing_for_long(clock: Clock, tmp_path: Path) -> None:
    with Stuck(tmp_path / "stuck.sqlite", clock, "ems-homewizard") as store:
        keeper = Keeper(store, clock, "boiler")
        began_s = clock.monotonic()
        await keeper.keep(Memory(is_ours=True))
        await keeper.know("3c39e7000a01")
        assert clock.monotonic() - began_s <= 2.1


async def test_what_was_kept_is_there_after_a_restart_with_its_instants(clock: Clock, tmp_path: Path) -> None:
    now_s = clock.monotonic()
    memory = Memory(is_ours=True, by_hand_s=now_s, on_since_s=now_s, rests_until_s=now_s + 600)
    with Store(tmp_path / "a.sqlite", clock, "ems-homewizard") as store:
        await Keeper(store, clock, "boiler").keep(memory)
        await Keeper(store, clock, "home").keep(Lasting(is_ours=True))
    await clock.sleep(120)
    with Store(tmp_path / "a.sqlite", clock, "ems-homewizard") as store:
        back = Keeper(store, clock, "boiler").recall(Memory)
        assert (back.is_ours, back.by_hand_s, back.on_since_s) == (True, now_s, now_s)
        assert back.rests_until_s == now_s + 600
        assert Keeper(store, clock, "home").recall(Lasting).is_ours
        assert not Keeper(store, clock, "other").recall(Lasting).is_ours


async def test_rubbish_in_the_store_is_nothing_kept(clock: Clock, tmp_path: Path) -> None:
    with Store(tmp_path / "a.sqlite", clock, "ems-homewizard") as store:
        await store.put("memory/boiler", {"is_ours": "yes"})
        await store.put("serial/boiler", 12)
        keeper = Keeper(store, clock, "boiler")
        assert (keeper.recall(Memory).is_ours, keeper.serial) == (False, None)


async def test_a_steady_state_is_not_written_again(clock: Clock, tmp_path: Path) -> None:
    """An SD card is worn out by writes: instants drift by milliseconds between two clocks, and are the same."""
    with Store(tmp_path / "a.sqlite", clock, "ems-homewizard") as store:
        keeper = Keeper(store, clock, "boiler")
        await keeper.keep(Memory(is_ours=True, on_since_s=clock.monotonic()))
        since_s = clock.monotonic()
        kept = store.get("memory/boiler")
        await clock.sleep(1000.0004)
        await keeper.keep(Memory(is_ours=True, on_since_s=since_s + 0.002))
        assert store.get("memory/boiler") is kept

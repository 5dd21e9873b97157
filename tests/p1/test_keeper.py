"""What the bridge remembers over a restart, on a real file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.clock import Clock
from common.contract import MeterState
from common.store import Store
from services.p1.keeper import KEEP_EACH_S, Keeper
from services.p1.plausibility import Ledger

SERIAL = "aabbcc0d1e2f"


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty memory."""
    with Store(tmp_path / "p1.sqlite", clock, "ems-p1") as store:
        yield store


def told(ledger: Ledger, energy_wh: int, now_s: float = 0.0) -> MeterState:
    """Tell a ledger one reading and return what is believed of it."""
    state = ledger.judge(MeterState(power_w=0.0, energy_import_wh=energy_wh), now_s, 0).state
    assert state is not None
    return state


async def test_counters_and_serial_are_there_after_a_restart(store: Store, clock: Clock, tmp_path: Path) -> None:
    before = Ledger(1000.0)
    told(before, 8_000_000)
    await Keeper(store, clock).keep(before, SERIAL)
    with Store(tmp_path / "p1.sqlite", clock, "ems-p1") as again:
        keeper, after = Keeper(again, clock), Ledger(1000.0)
        assert keeper.serial == SERIAL
        keeper.recall(after)
    assert told(after, 12).energy_import_wh is None
    assert told(after, 8_000_500).energy_import_wh == 8_000_500


async def test_at_the_first_start_there_is_nothing_to_remember(store: Store, clock: Clock) -> None:
    keeper, ledger = Keeper(store, clock), Ledger(1000.0)
    assert keeper.serial is None
    keeper.recall(ledger)
    assert told(ledger, 12).energy_import_wh == 12


@pytest.mark.parametrize("damaged", ["text", 5, [1], {"levels": "no"}, {"levels": {"energy_import_wh": "9"}}, {}])
async def test_what_cannot_be_read_is_gone_without(store: Store, clock: Clock, damaged: object) -> None:
    await store.put("counters", damaged)  # type: ignore[arg-type]  # what an older or broken version left
    await store.put("serial", 5)
    keeper, ledger = Keeper(store, clock), Ledger(1000.0)
    keeper.recall(ledger)
    assert told(ledger, 12).energy_import_wh == 12
    assert keeper.serial is None


async def test_a_counter_of_a_newer_version_is_ignored(store: Store, clock: Clock) -> None:
    await store.put("counters", {"levels": {"steam_m3": 5.0, "energy_import_wh": 100.0}, "reset_ms": 7})
    keeper, ledger = Keeper(store, clock), Ledger(1000.0)
    keeper.recall(ledger)
    assert told(ledger, 110).counter_reset_ms == 7


async def test_it_is_written_down_four_times_an_hour(store: Store, clock: Clock) -> None:
    """I9, I11: a hundred writes a day, not one per reading."""
    keeper, ledger = Keeper(store, clock), Ledger(1000.0)
    await keeper.keep_now_and_then(ledger, SERIAL)  # the serial is new
    written = []
    for minute in range(60):
        await clock.sleep(60)
        told(ledger, minute, clock.monotonic())
        before = store.get("counters")
        await keeper.keep_now_and_then(ledger, SERIAL)
        if store.get("counters") != before:
            written.append(minute)
    assert KEEP_EACH_S == 900
    assert written == [14, 29, 44, 59]


async def test_another_dongle_is_remembered_at_once(store: Store, clock: Clock) -> None:
    keeper = Keeper(store, clock)
    await keeper.keep_now_and_then(Ledger(1000.0), SERIAL)
    await keeper.keep_now_and_then(Ledger(1000.0), "ffeeddccbbaa")
    assert keeper.serial == "ffeeddccbbaa"

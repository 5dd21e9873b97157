"""Counters that only ever grow."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import Clock
from common.store import Store
from services.udp_battery.energy import Counters
from tests.virtual import virtually


@pytest.fixture
def store(clock: Clock, tmp_path: Path) -> Store:
    return Store(tmp_path / "x.sqlite", clock, "x")


async def test_an_hour_at_1200_w_is_1200_wh(store: Store) -> None:
    with store:
        counters = Counters(store, "garage")
        for minute in range(61):
            counters.add(minute * 60, 1200, 180)
            await counters.save(minute * 60)
        assert (counters.import_wh, counters.export_wh) == (1200, 0)


async def test_directions_are_counted_apart(store: Store) -> None:
    with store:
        counters = Counters(store, "garage")
        for at_s, power_w in enumerate([600, 600, -300, -300]):
            counters.add(at_s * 3600.0, power_w, 4000)
        await counters.save(1e9)
        assert (counters.import_wh, counters.export_wh) == (600 + 150, 300)


async def test_over_a_gap_nothing_is_counted(store: Store) -> None:
    """Nothing unknown is zero, and nothing is made up."""
    with store:
        counters = Counters(store, "garage")
        counters.add(0, 1000, 30)
        counters.add(3600, 1000, 30)
        counters.add(3610, None, 30)
        counters.add(3620, 1000, 30)
        await counters.save(1e9)
        assert counters.import_wh == 0


async def test_what_was_shown_survives_a_restart(store: Store, clock: Clock, tmp_path: Path) -> None:
    """I10: never down."""
    with store:
        counters = Counters(store, "garage")
        counters.add(0, 2000, 4000)
        counters.add(3600, 2000, 4000)
        await counters.save(3600)
        counters.add(3630, 2000, 4000)
        await counters.save(3630)
        assert counters.import_wh == 2000
    with Store(tmp_path / "x.sqlite", clock, "x") as again:
        assert Counters(again, "garage").import_wh == 2000


async def test_rubbish_in_the_memory_is_a_new_beginning(store: Store) -> None:
    with store:
        await store.put("energy/garage", ["much", None])
        assert Counters(store, "garage").import_wh == 0
        await store.put("energy/garage", "nothing")
        assert Counters(store, "garage").export_wh == 0


@given(st.lists(st.tuples(st.floats(0, 500), st.one_of(st.none(), st.floats(-3000, 3000))), max_size=30))
def test_counters_never_go_down(readings: list[tuple[float, float | None]]) -> None:
    async def scene(clock: Clock) -> None:
        with Store(Path("/dev/null/x.sqlite"), clock, "x") as nowhere:
            counters, now_s, before = Counters(nowhere, "garage"), 0.0, (0, 0)
            for later_s, power_w in readings:
                now_s += later_s
                counters.add(now_s, power_w, 180)
                await counters.save(now_s)
                assert counters.import_wh >= before[0]
                assert counters.export_wh >= before[1]
                before = (counters.import_wh, counters.export_wh)

    virtually(scene)

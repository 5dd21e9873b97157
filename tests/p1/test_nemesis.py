"""A dongle that is broken in one way after another, by seed: whatever happens, what is said stays true."""

import random
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from services.simulator.p1_meter import Faults, P1Fake
from tests.p1.rig import Rig

Break = Callable[[P1Fake], Awaitable[None]]
QUIET_S = 150.0
"""Enough for the longest back-off that a few short troubles can have caused."""


def switch(name: str, value: object) -> Break:
    """Throw one of the fake's switches."""

    async def throw(fake: P1Fake) -> None:
        setattr(fake.faults, name, value)

    return throw


async def drop(fake: P1Fake) -> None:
    """Cut every connection."""
    fake.drop()


async def half_open(fake: P1Fake) -> None:
    """Let the websockets die silently."""
    fake.half_open()


async def replay(fake: P1Fake) -> None:
    """Serve an old sample after each reconnect, and reconnect."""
    fake.replay()
    await fake.reboot()


async def power_cut(fake: P1Fake) -> None:
    """Gone, and back."""
    await fake.unplug()
    await fake.plug_in()


BREAKS: tuple[Break, ...] = (
    switch("silent", True),
    switch("frozen", True),
    switch("stalled", True),
    switch("babble", "truncated"),
    switch("babble", "not_a_number"),
    switch("babble", "text_for_number"),
    switch("status", 503),
    switch("no_telegram", True),
    switch("spike_w", -32_768),
    switch("glitch_import_wh", 1),
    switch("serial", "ffeeddccbbaa"),
    drop,
    half_open,
    replay,
    power_cut,
    P1Fake.reboot,
)


def mend(fake: P1Fake) -> None:
    """Throw every switch back."""
    for name, value in vars(Faults()).items():
        setattr(fake.faults, name, value)


@pytest.mark.parametrize("is_paired", [False, True], ids=["v1", "v2"])
@pytest.mark.parametrize("seed", range(5))
async def test_whatever_breaks_what_is_said_is_true_and_reading_recovers(rig: Rig, seed: int, is_paired: bool) -> None:
    """I5, I6, I8, F18: no old reading, none twice, none that the meter never sent; and in the end it reads again."""
    chance = random.Random(seed)
    sent: set[float] = {rig.fake.telegram.power_w}
    if is_paired:
        await rig.pair()
    async with rig.bridge(max_power_w=17_250.0):
        for _ in range(6):
            await chance.choice(BREAKS)(rig.fake)
            await rig.clock.sleep(chance.uniform(1, 20))
            mend(rig.fake)
            await rig.clock.sleep(chance.uniform(0, 8))
        mended_s = rig.clock.monotonic()
        await rig.until(lambda: len(rig.since(mended_s)) >= 3, "it reads again", limit_s=QUIET_S)
        await rig.until(lambda: rig.is_online and not rig.alerts, "nothing stands any more", limit_s=90)
    sent |= {entry.telegram.power_w for entry in rig.fake.journal.of("telegram") if entry.telegram}
    assert {said.state.power_w for said in rig.states} <= sent
    counters = [said.state.energy_import_wh for said in rig.states if said.state.energy_import_wh is not None]
    assert counters == sorted(counters)
    if is_paired:
        stamps = [said.state.device_ts_ms or 0 for said in rig.states]
        assert all(earlier < later for earlier, later in pairwise(stamps))
        assert all(said.ts_ms - (said.state.device_ts_ms or 0) < 12_000 for said in rig.states)

"""Time: four ways for it to pass, one interface."""

import asyncio
import contextlib
import math
import socket
import subprocess
import sys
import threading
import tracemalloc
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import Clock, JumpClock, SystemClock
from tests.virtual import virtually

REAL = SystemClock()
"""What a stopwatch beside the machine would show."""
TELL = "from common.clock import SystemClock; print(SystemClock(rate=60, epoch_ms={epoch_ms}).wall_ms())"


@pytest.fixture
async def jump(clock: Clock) -> JumpClock:
    """The clock of this test's loop, which can be pushed about."""
    assert isinstance(clock, JumpClock)
    return clock


async def note(clock: Clock, at_s: float, name: str, log: list[tuple[float, str]]) -> None:
    await clock.sleep(at_s)
    log.append((clock.monotonic(), name))


# Sleeping


async def test_sleepers_wake_in_the_order_of_their_instants(clock: Clock) -> None:
    log: list[tuple[float, str]] = []
    await asyncio.gather(note(clock, 30, "c", log), note(clock, 10, "a", log), note(clock, 20, "b", log))
    assert log == [(10, "a"), (20, "b"), (30, "c")]


async def test_sleepers_of_the_same_instant_wake_in_the_order_in_which_they_lay_down(clock: Clock) -> None:
    log: list[tuple[float, str]] = []
    await asyncio.gather(*(note(clock, 5, name, log) for name in "abcdef"))
    assert [name for _, name in log] == list("abcdef")


@pytest.mark.parametrize("delay_s", [0.0, -1.0, math.nan])
async def test_a_sleep_of_nothing_goes_once_around_the_loop(clock: Clock, delay_s: float) -> None:
    turned: list[str] = []
    asyncio.get_running_loop().call_soon(turned.append, "the loop turned")
    await clock.sleep(delay_s)
    assert (turned, clock.monotonic()) == (["the loop turned"], 0)


async def test_a_cancelled_sleeper_leaves_no_waiter_behind(jump: JumpClock) -> None:
    sleeper = asyncio.create_task(jump.sleep(3600))
    await jump.sleep(1)
    sleeper.cancel()
    await asyncio.gather(sleeper, return_exceptions=True)
    assert jump.next_due() is None


async def test_cancelling_one_of_several_waiters_keeps_the_others(jump: JumpClock) -> None:
    called: list[str] = []
    jump.call_later(1, lambda: called.append("first"))
    forget = jump.call_later(1, lambda: called.append("second"))
    jump.call_later(1, lambda: called.append("third"))
    forget()
    forget()
    await jump.sleep(2)
    assert called == ["first", "third"]


async def test_cancelled_waiters_far_away_do_not_pile_up(jump: JumpClock) -> None:
    """A loop that sets a long timeout at each turn must not fill the memory with those that never fired."""
    tracemalloc.start()
    for _ in range(10_000):
        jump.call_later(86_400, lambda: None)()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 100_000


# Every


async def test_every_yields_at_once_and_then_each_period(clock: Clock) -> None:
    turns = []
    async for _ in clock.every(10):
        turns.append(clock.monotonic())
        if len(turns) == 4:
            break
    assert turns == [0, 10, 20, 30]


async def test_every_does_not_drift_with_the_time_its_body_takes(clock: Clock) -> None:
    turns = []
    async for _ in clock.every(10):
        turns.append(clock.monotonic())
        await clock.sleep(3)
        if len(turns) == 50:
            break
    assert turns == [10 * number for number in range(50)]


async def test_every_skips_the_turns_it_missed(clock: Clock) -> None:
    turns = []
    async for _ in clock.every(10):
        turns.append(clock.monotonic())
        await clock.sleep(25 if len(turns) == 1 else 1)
        if len(turns) == 3:
            break
    assert turns == [0, 30, 40]


@given(st.lists(st.integers(0, 100), min_size=2, max_size=12))
def test_every_keeps_to_its_grid_whatever_its_body_does(bodies_s: list[int]) -> None:
    async def turn(clock: Clock) -> list[tuple[float, float]]:
        turns: list[tuple[float, float]] = []
        async for _ in clock.every(10):
            began_s = clock.monotonic()
            await clock.sleep(bodies_s[len(turns)])
            turns.append((began_s, clock.monotonic()))
            if len(turns) == len(bodies_s):
                break
        return turns

    turns = virtually(turn)
    assert all(began_s % 10 == 0 for began_s, _ in turns)
    assert all(0 <= begins_s - ended_s <= 10 for (_, ended_s), (begins_s, _) in pairwise(turns))
    assert len({began_s for began_s, _ in turns}) == len(turns)


# Timeout


async def test_a_block_that_takes_too_long_is_ended_with_a_timeout_error(clock: Clock) -> None:
    with pytest.raises(TimeoutError):
        async with clock.timeout(5):
            await clock.sleep(6)
    assert clock.monotonic() == 5


async def test_a_block_in_time_is_left_alone_for_ever(jump: JumpClock) -> None:
    async with jump.timeout(5):
        await jump.sleep(4)
    assert jump.next_due() is None
    await jump.sleep(100)


async def test_a_timeout_that_fired_leaves_no_waiter_behind(jump: JumpClock) -> None:
    with pytest.raises(TimeoutError):
        async with jump.timeout(5):
            await asyncio.get_running_loop().create_future()
    assert jump.next_due() is None


async def test_a_timeout_of_nothing_ends_a_block_that_waits(clock: Clock) -> None:
    with pytest.raises(TimeoutError):
        async with clock.timeout(0):
            await clock.sleep(1)
    assert clock.monotonic() == 0


async def test_an_error_in_the_block_comes_out_as_it_is(jump: JumpClock) -> None:
    with pytest.raises(LookupError):
        async with jump.timeout(5):
            raise LookupError
    assert jump.next_due() is None


async def test_the_inner_of_two_timeouts_does_not_speak_for_the_outer(clock: Clock) -> None:
    async with clock.timeout(10):
        with pytest.raises(TimeoutError):
            async with clock.timeout(3):
                await clock.sleep(100)
        await clock.sleep(6)
    assert clock.monotonic() == 9


async def test_the_outer_of_two_timeouts_ends_both(clock: Clock) -> None:
    with pytest.raises(TimeoutError):
        async with clock.timeout(3), clock.timeout(10):
            await clock.sleep(100)
    assert clock.monotonic() == 3


async def test_cancelling_a_task_is_not_mistaken_for_its_timeout(clock: Clock) -> None:
    async def wait() -> None:
        async with clock.timeout(10):
            await clock.sleep(100)

    task = asyncio.create_task(wait())
    await clock.sleep(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Jumping


async def test_setting_the_wall_clock_leaves_sleepers_and_monotonic_time_alone(jump: JumpClock) -> None:
    before_ms = jump.wall_ms()
    sleeper = asyncio.create_task(jump.sleep(60))
    await jump.sleep(30)
    jump.step_wall(-7200)
    await sleeper
    assert (jump.monotonic(), jump.wall_ms() - before_ms) == (60, -7_140_000)


async def test_now_is_an_aware_instant_in_utc(jump: JumpClock) -> None:
    await jump.sleep(0.25)
    assert jump.now() == datetime(2026, 4, 18, 9, 0, 0, 250_000, tzinfo=UTC)


def test_a_virtual_day_takes_no_time() -> None:
    started_s = REAL.monotonic()
    assert virtually(a_day_of_minutes) == 86_340
    assert REAL.monotonic() - started_s < 10


async def a_day_of_minutes(clock: Clock) -> float:
    turns = 0
    async for _ in clock.every(60):
        turns += 1
        if turns == 1440:
            break
    return clock.monotonic()


async def test_time_stands_still_while_a_socket_has_something_to_say(clock: Clock) -> None:
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    loop = asyncio.get_running_loop()
    sleeper = asyncio.create_task(clock.sleep(3600))
    with near, far:
        for number in range(200):
            await loop.sock_sendall(near, bytes([number]))
            assert await loop.sock_recv(far, 1) == bytes([number])
    assert clock.monotonic() == 0
    sleeper.cancel()


async def test_time_stands_still_while_a_task_is_ready_to_run(clock: Clock) -> None:
    sleeper = asyncio.create_task(clock.sleep(0.001))
    loop = asyncio.get_running_loop()
    for _ in range(1000):
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn
    assert clock.monotonic() == 0
    await sleeper


async def test_a_busy_clock_waits_for_an_answer_from_outside(clock: Clock) -> None:
    """A worker thread needs 20 ms of real time: ten times longer than an idle-jump clock lets sockets think."""
    sleeper = asyncio.create_task(clock.sleep(1))
    with clock.busy():
        await asyncio.to_thread(threading.Event().wait, 0.02)
    assert clock.monotonic() == 0
    await sleeper


async def test_a_busy_clock_does_not_wait_for_ever(clock: Clock) -> None:
    with clock.busy(), pytest.raises(TimeoutError):
        async with clock.timeout(5):
            await asyncio.get_running_loop().create_future()
    assert clock.monotonic() == 5


async def test_a_clock_that_was_busy_is_as_impatient_as_before(jump: JumpClock) -> None:
    patience_s = jump.patience_s
    with jump.busy(), jump.busy():
        assert jump.patience_s == JumpClock.HELD_S
    assert jump.patience_s == patience_s


# The machine's clock, as it is and faster


@pytest.mark.real_time
async def test_a_faster_clock_sleeps_shorter() -> None:
    clock = SystemClock(rate=600)
    started_s, real_s = clock.monotonic(), REAL.monotonic()
    await clock.sleep(12)
    assert clock.monotonic() - started_s >= 12
    assert 0.019 < REAL.monotonic() - real_s < 1


@pytest.mark.real_time
async def test_a_faster_clock_keeps_its_turns_and_its_timeouts() -> None:
    clock = SystemClock(rate=600)
    started_s, turns = clock.monotonic(), 0
    with contextlib.suppress(TimeoutError):
        async with clock.timeout(30):
            async for _ in clock.every(6):
                turns += 1
    assert 2 <= turns <= 6
    assert clock.monotonic() - started_s >= 30


def test_processes_with_the_same_rate_and_epoch_live_in_the_same_instant() -> None:
    epoch_ms = REAL.wall_ms() - 60_000
    mine = SystemClock(rate=60, epoch_ms=epoch_ms)
    told = [mine.wall_ms()]
    for _ in range(2):
        told.append(int(subprocess.check_output([sys.executable, "-c", TELL.format(epoch_ms=epoch_ms)])))
        told.append(mine.wall_ms())
    assert told == sorted(told)
    assert told[0] - epoch_ms >= 60 * 59_000


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_a_clock_that_would_not_run_forward_cannot_be_made(rate: float) -> None:
    with pytest.raises(ValueError, match="runs forward"):
        SystemClock(rate=rate)


@given(st.floats(0.1, 1000), st.integers(0, 4_000_000_000_000))
def test_a_faster_clock_starts_at_its_epoch(rate: float, epoch_ms: int) -> None:
    clock = SystemClock(rate, epoch_ms)
    passed_ms = REAL.wall_ms() - epoch_ms
    assert clock.wall_ms() - epoch_ms == pytest.approx(passed_ms * rate, abs=1000 + 1000 * rate)

"""A task that was asked to end does end."""

import asyncio
from contextlib import suppress

import pytest

from common.cancellation import cancellations, heed
from common.clock import Clock


async def go_round(clock: Clock, *, careful: bool) -> str:
    """Catch what comes out of each round, and go on: the loop that this module is about."""
    for _ in range(3):
        with suppress(ExceptionGroup):
            await asyncio.create_task(one_round(clock))
        if careful:
            heed()
    return "went on"


async def one_round(clock: Clock) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(fail(clock, 2.0))


async def fail(clock: Clock, after_s: float) -> None:
    """Fail after a while, or when asked to end before."""
    try:
        await clock.sleep(after_s)
    finally:
        raise LookupError


async def test_a_cancellation_that_a_task_group_kept_is_heeded(clock: Clock) -> None:
    going = asyncio.create_task(go_round(clock, careful=True))
    await clock.sleep(3)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert clock.monotonic() == 3


async def test_without_heed_it_would_be_lost(clock: Clock) -> None:
    """If this fails, Python has changed its mind, and the module can go."""
    going = asyncio.create_task(go_round(clock, careful=False))
    await clock.sleep(3)
    going.cancel()
    assert await going == "went on"


async def test_who_was_not_asked_to_end_goes_on(clock: Clock) -> None:
    """A task group whose task fails asks its own task to end, and up to Python 3.12 does not always take that back."""
    assert await go_round(clock, careful=True) == "went on"


async def test_nothing_is_raised_for_what_was_known(clock: Clock) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await clock.sleep(1)
    heed(cancellations())
    with pytest.raises(asyncio.CancelledError):
        heed()
    task.uncancel()
    heed()

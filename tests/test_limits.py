"""The limits of tests: what takes too long is ended, even where it does not want to be."""

import asyncio
import gc
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import Clock
from tests import limits
from tests.limits import Overdue, limited
from tests.virtual import virtually

STUBBORN = """
import asyncio
from collections.abc import Iterator
import pytest
from tests import limits

limits.CLEAN_UP_S = 0.1

async def never() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

@pytest.fixture
def told() -> Iterator[None]:
    yield
    print("and the rest was cleaned up")

async def test_it(told: None) -> None:
    task = asyncio.create_task(never())
    await asyncio.sleep(0)
    assert task.done()

def test_the_next() -> None:
    pass
"""
ROOT = Path(__file__).parents[1]


def strike() -> None:
    """As the timer does when the limit is over."""
    signal.raise_signal(signal.SIGALRM)


async def turn(clock: Clock) -> None:
    """For ever; the limit is over in the middle of this task."""
    async for _ in clock.every(1):
        strike()


async def stay() -> None:
    """For ever, whoever asks it to leave."""
    strike()
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


def test_what_blocks_is_ended() -> None:
    with pytest.raises(Overdue, match=r"took longer than 0\.02 s"), limited(0.02):
        threading.Event().wait()


def test_what_goes_round_in_a_task_beside_the_test_is_ended_and_named() -> None:
    """Raised inside the task it would end that alone, and nobody looks at it."""

    async def scene(clock: Clock) -> None:
        task = asyncio.create_task(turn(clock))
        await asyncio.Event().wait()
        await task

    with pytest.raises(Overdue, match=r"test_limits.py:\d+ turn"), limited(60):
        virtually(scene)


def test_what_refuses_to_be_cancelled_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "AGAIN_S", 0.02)
    with pytest.raises(Overdue), limited(0.02):
        virtually(lambda _: stay())
    gc.collect()  # its task is destroyed while it still waits, and that is told here


def test_what_is_ended_still_cleans_up() -> None:
    left = []

    async def scene(clock: Clock) -> None:
        try:
            await turn(clock)
        finally:
            await clock.sleep(1)
            left.append("orderly")

    with pytest.raises(Overdue), limited(60):
        virtually(scene)
    assert left == ["orderly"]


def test_what_hypothesis_tries_is_tried_once() -> None:
    tried = []

    @given(st.integers())
    def endless(number: int) -> None:
        tried.append(number)
        strike()

    with pytest.raises(Overdue), limited(60):
        endless()
    assert len(tried) == 1


def test_a_limit_within_another_leaves_that_as_it_was() -> None:
    def inner_and_outer() -> None:
        with limited(60):
            pass
        threading.Event().wait()

    with pytest.raises(Overdue), limited(0.05):
        inner_and_outer()


def test_after_a_test_that_failed_its_cleaning_up_is_ended_and_the_next_one_runs(tmp_path: Path) -> None:
    """A worker stood still for ever behind an assertion that had failed."""
    (tmp_path / "test_stubborn.py").write_text(STUBBORN)
    command = [sys.executable, "-m", "pytest", "-p", "tests.limits", "-o", "asyncio_mode=auto", "-o", "timeout=10"]
    done = subprocess.run(
        [*command, "-c", "/dev/null", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert "1 failed, 1 passed, 1 error" in done.stdout
    assert "test_it: cleaning up took longer than 0.1 s; its tasks were at\n" in done.stdout
    assert " never" in done.stdout
    assert "and the rest was cleaned up" in done.stdout

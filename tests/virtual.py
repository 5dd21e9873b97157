"""A loop and a clock of its own for one piece of work: what hypothesis needs for each of its examples."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from common.clock import JumpClock, JumpLoop

T = TypeVar("T")


def virtually(work: Callable[[JumpClock], Coroutine[None, None, T]]) -> T:
    """Do `work` in virtual time, on a fresh clock and loop, and return what it returns."""
    clock = JumpClock()
    with asyncio.Runner(loop_factory=lambda: JumpLoop(clock)) as runner:
        return runner.run(work(clock))

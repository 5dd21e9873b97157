"""A whole scene in idle-jump time from a test that is no coroutine: for hypothesis, which runs one many times."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from common.clock import Clock, JumpClock, JumpLoop

T = TypeVar("T")
Scene = Callable[[Clock], Coroutine[Any, Any, T]]  # what it yields and is sent matters to asyncio only


def live(scene: Scene[T]) -> T:
    """Run `scene(clock)` on a loop of its own and return what it returns."""
    clock = JumpClock(grace_s=0.002)
    with asyncio.Runner(loop_factory=lambda: JumpLoop(clock)) as runner:
        return runner.run(scene(clock))

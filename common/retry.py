"""When to ask again: one policy for devices, one back-off for whatever stays away."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_fixed, wait_random

from common.clock import Clock
from common.errors import DeviceUnreachable

T = TypeVar("T")


async def retry_unreachable(
    ask: Callable[[], Awaitable[T]], clock: Clock, *, attempts: int = 3, pause_s: float = 0.5
) -> T:
    """Ask again while the device is silent, `pause_s` and up to half as much later each time.

    Only for what may be repeated without harm. A refusal or nonsense is not asked again; the last silence is raised.
    """
    policy = AsyncRetrying(
        retry=retry_if_exception_type(DeviceUnreachable),
        stop=stop_after_attempt(attempts),
        wait=wait_fixed(pause_s) + wait_random(0, pause_s / 2),
        sleep=clock.sleep,
        reraise=True,
    )

    async def once() -> T:  # tenacity awaits only what it recognises as a coroutine function, not a lambda or a method
        return await ask()

    return await policy(once)


def backoff_s(failures: int, first_s: float, most_s: float) -> float:
    """Seconds to wait after the n-th failure in a row: doubling, jittered, within `first_s` and `most_s`."""
    longest_s = min(most_s, first_s * 2.0 ** min(max(1, failures), 16))
    return random.uniform(max(first_s, longest_s / 2), longest_s)

"""Asking again works for whatever can be awaited."""

from common.clock import Clock
from common.errors import DeviceUnreachable
from common.retry import retry_unreachable


async def test_a_lambda_that_returns_a_coroutine_is_awaited_and_retried(clock: Clock) -> None:
    """tenacity takes it for an ordinary function and would hand the coroutine out unawaited."""
    asked: list[int] = []

    async def answer() -> int:
        asked.append(1)
        if len(asked) < 3:
            raise DeviceUnreachable("silent")
        return 42

    assert await retry_unreachable(lambda: answer(), clock) == 42  # noqa: PLW0108 (the lambda is what is tested)
    assert len(asked) == 3

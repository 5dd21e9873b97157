"""Asking again: how often, how late, and not when it is useless."""

import pytest

from common.clock import Clock
from common.errors import DeviceRefused, DeviceUnreachable
from common.retry import backoff_s, retry_unreachable


class Shy:
    """Answers the third time it is asked."""

    def __init__(self, error: Exception) -> None:
        self.asked = 0
        self._error = error

    async def ask(self) -> int:
        self.asked += 1
        if self.asked < 3:
            raise self._error
        return self.asked


async def test_silence_is_asked_three_times_with_pauses(clock: Clock) -> None:
    shy = Shy(DeviceUnreachable("silent"))
    assert await retry_unreachable(shy.ask, clock) == 3
    assert 1.0 <= clock.monotonic() <= 1.5


async def test_a_lambda_around_a_coroutine_is_awaited(clock: Clock) -> None:
    shy = Shy(DeviceUnreachable("silent"))
    assert await retry_unreachable(lambda: shy.ask(), clock) == 3  # noqa: PLW0108  # the lambda is what is tested


async def test_the_last_silence_is_told(clock: Clock) -> None:
    shy = Shy(DeviceUnreachable("silent"))
    with pytest.raises(DeviceUnreachable, match="silent"):
        await retry_unreachable(shy.ask, clock, attempts=2)


async def test_a_refusal_is_not_asked_again(clock: Clock) -> None:
    shy = Shy(DeviceRefused("no"))
    with pytest.raises(DeviceRefused):
        await retry_unreachable(shy.ask, clock)
    assert shy.asked == 1


@pytest.mark.parametrize(("failures", "least_s", "most_s"), [(1, 3.75, 6.25), (2, 7.5, 12.5), (30, 225, 375)])
def test_back_off_doubles_up_to_its_bound(failures: int, least_s: float, most_s: float) -> None:
    assert least_s <= backoff_s(failures, 5, 300) <= most_s

"""Who is asked again, how often, and after how long."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import Clock
from common.errors import DeviceError, DeviceLocked, DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.retry import backoff_s, retry_unreachable


class Device:
    """Answers only after a number of failures."""

    def __init__(self, clock: Clock, *failures: BaseException) -> None:
        self._clock = clock
        self._failures = list(failures)
        self.asked_s: list[float] = []

    async def ask(self) -> str:
        self.asked_s.append(self._clock.monotonic())
        if self._failures:
            raise self._failures.pop(0)
        return "answer"


async def test_a_silent_device_is_asked_again(clock: Clock) -> None:
    device = Device(clock, DeviceUnreachable("lost"), DeviceUnreachable("lost"))
    assert await retry_unreachable(device.ask, clock) == "answer"
    assert len(device.asked_s) == 3


async def test_the_last_silence_comes_out_as_it_is(clock: Clock) -> None:
    device = Device(clock, *(DeviceUnreachable(f"{number}") for number in range(9)))
    with pytest.raises(DeviceUnreachable, match="4"):
        await retry_unreachable(device.ask, clock, attempts=5)


@pytest.mark.parametrize(
    "error", [DeviceRefused("no"), DeviceLocked("pair"), DeviceUnintelligible("<html>"), LookupError("bug")]
)
async def test_whatever_is_not_silence_is_not_asked_again(clock: Clock, error: Exception) -> None:
    device = Device(clock, error)
    with pytest.raises(type(error)):
        await retry_unreachable(device.ask, clock)
    assert len(device.asked_s) == 1


async def test_pauses_differ_within_half_of_themselves(clock: Clock) -> None:
    device = Device(clock, *(DeviceUnreachable("lost") for _ in range(9)))
    await retry_unreachable(device.ask, clock, attempts=10, pause_s=2.0)
    pauses_s = [later - earlier for earlier, later in zip(device.asked_s, device.asked_s[1:], strict=False)]
    assert all(2.0 <= pause_s <= 3.0 for pause_s in pauses_s)
    assert len(set(pauses_s)) > 1


@pytest.mark.parametrize("kind", [DeviceUnreachable, DeviceRefused, DeviceLocked, DeviceUnintelligible])
def test_a_bridge_can_catch_everything_a_device_does_wrong(kind: Callable[[str], Exception]) -> None:
    assert isinstance(kind("why"), DeviceError)


@given(st.integers(-1, 10_000), st.floats(0.5, 5), st.floats(5, 60))
def test_a_pause_is_never_shorter_than_the_first_nor_longer_than_the_longest(
    failures: int, first_s: float, most_s: float
) -> None:
    assert first_s <= backoff_s(failures, first_s, most_s) <= most_s


def test_pauses_double_until_they_are_long_enough() -> None:
    bounds_s = [(1, 2), (2, 4), (4, 8), (8, 16), (15, 30), (15, 30)]
    for failures, (low_s, high_s) in enumerate(bounds_s, start=1):
        assert all(low_s <= backoff_s(failures, 1.0, 30.0) <= high_s for _ in range(100))


@pytest.mark.parametrize("failures", [1, 3, 100])
def test_those_who_fail_together_do_not_come_back_together(failures: int) -> None:
    """Twenty services lose the same broker at the same instant."""
    pauses_s = sorted(backoff_s(failures, 1.0, 30.0) for _ in range(1000))
    assert pauses_s[-1] / pauses_s[0] > 1.5


async def test_a_lambda_around_a_coroutine_is_awaited(clock: Clock) -> None:
    device = Device(clock, DeviceUnreachable("silent"))
    assert await retry_unreachable(lambda: device.ask(), clock) == "answer"  # noqa: PLW0108  # what is tested

"""A test that takes too long is ended, whatever it waits for; and so is what it does to clean up.

pytest-timeout reads how long each test may take, but what it raises can get lost: an event loop keeps it for itself
where it strikes inside a task, hypothesis takes it for a finding and looks for minutes for a smaller one, and once a
test has failed nobody looks any more how long it takes to clean up.
"""

import asyncio
import itertools
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import pytest
from _pytest.outcomes import OutcomeException  # pytest names this root of its outcomes nowhere else

CLEAN_UP_S = 30.0
AGAIN_S = 5.0
"""What goes on all the same is struck again after this time."""
MOST_TASKS = 12
LIMIT_S = pytest.StashKey[float]()


class Overdue(OutcomeException, KeyboardInterrupt):
    """After the one pytest still cleans up the rest; as the other it leaves event loops and hypothesis at once."""


class Settings(Protocol):
    """What pytest-timeout has read, of command line, mark and configuration."""

    timeout: float


@contextmanager
def limited(limit_s: float) -> Iterator[None]:
    """Raise Overdue in the block after so many real seconds, and again while that does not end it.

    For the main thread. A loop that runs is left between two of its callbacks, so that its tasks can still clean up;
    one that does not come to its next callback is struck where it is.
    """
    strikes = itertools.count()

    def strike(number: int, frame: FrameType | None) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise Overdue(f"took longer than {limit_s:g} s") from None
        late = Overdue(f"took longer than {limit_s:g} s; its tasks were at\n{whereabouts(loop)}")
        if next(strikes):
            raise late
        loop.call_soon_threadsafe(_raise, late)

    handler = signal.signal(signal.SIGALRM, strike)
    timer = signal.setitimer(signal.ITIMER_REAL, limit_s, AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


def whereabouts(loop: asyncio.AbstractEventLoop) -> str:
    """A line for each task: which calls it is in, the outermost first."""
    tasks = itertools.islice(asyncio.all_tasks(loop), MOST_TASKS)
    return "\n".join(f"  {' > '.join(_calls(task.get_coro()))}" for task in tasks)


def _calls(awaited: Any) -> Iterator[str]:  # coroutines and generators of several kinds, and futures in the end
    while (frame := getattr(awaited, "cr_frame", None)) is not None:
        yield f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}"
        awaited = awaited.cr_await


def _raise(late: Overdue) -> None:
    raise late


def pytest_timeout_set_timer(item: pytest.Item, settings: Settings) -> bool:
    """Keep the limit; the timer is set for each phase of the test."""
    item.stash[LIMIT_S] = settings.timeout
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Fixtures may take as long as the test."""
    yield from _ended(item, "setting up", item.stash.get(LIMIT_S, 0.0))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """The test itself."""
    yield from _ended(item, "the test", item.stash.get(LIMIT_S, 0.0))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Closing its event loop and leaving its fixtures, whether it has passed or not."""
    yield from _ended(item, "cleaning up", CLEAN_UP_S if LIMIT_S in item.stash else 0.0)


def _ended(item: pytest.Item, what: str, limit_s: float) -> Generator[None, None, None]:
    """A limit of 0 is none."""
    try:
        with limited(limit_s):
            yield
    except Overdue as late:
        raise pytest.fail.Exception(f"{item.nodeid}: {what} {late}") from late

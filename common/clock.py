"""The only place that asks for the time: wall, monotonic, sleep, every, timeout.

Four ways for time to pass, one interface:

- `SystemClock()`: the machine's own clock.
- `SystemClock(rate=60, epoch_ms=…)`: *scaled*. Processes that share rate and epoch live the same day, faster.
- `JumpClock(grace_s=0)`: *virtual*. Nothing real is waited for; time jumps to the next waiter whenever the
  event loop would fall asleep.
- `JumpClock(grace_s=0.002)`: *idle-jump*. As above, but real sockets get that long to deliver something first.

A jump clock needs its own event loop (`JumpLoop`), because only the loop knows that it is about to sleep.
Timeouts and keepalives inside libraries use the loop's own time, which stays real in all four.
"""

import asyncio
import heapq
import itertools
import math
import selectors
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(ABC):
    """Time as the services see it. Three questions and one way to be called back; the rest follows."""

    @abstractmethod
    def wall_ms(self) -> int:
        """Milliseconds since 1970 in UTC. May step when somebody sets the clock."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds since some instant. Never steps, never goes back."""

    @abstractmethod
    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back once after `delay_s`. Returns how to cancel that."""

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Mark that the outside world is about to answer, so that a jump clock waits for it."""
        yield

    def now(self) -> datetime:
        """The wall clock as an aware datetime in UTC."""
        return UNIX_EPOCH + timedelta(milliseconds=self.wall_ms())

    async def sleep(self, delay_s: float) -> None:
        """Suspend the task for `delay_s`, at least once around the loop."""
        woken = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        cancel = self.call_later(max(0.0, delay_s), wake)
        try:
            await woken
        finally:
            cancel()

    async def every(self, period_s: float) -> AsyncIterator[None]:
        """Yield now and then each `period_s` without drift; turns that were missed are skipped, not made up."""
        due = self.monotonic()
        while True:
            yield
            late_s = max(0.0, self.monotonic() - due)
            due += period_s * (1 + late_s // period_s)
            await self.sleep(due - self.monotonic())

    @asynccontextmanager
    async def timeout(self, delay_s: float) -> AsyncIterator[None]:
        """Raise TimeoutError in the block that is not through after `delay_s`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as scope:
            cancel = self.call_later(delay_s, lambda: scope.reschedule(loop.time()))
            try:
                yield
            finally:
                cancel()


class SystemClock(Clock):
    """The machine's clock, or a faster one that agrees with every other process of the same rate and epoch."""

    def __init__(self, rate: float = 1.0, epoch_ms: int | None = None) -> None:
        if not 0 < rate < math.inf:
            raise ValueError(f"a clock runs forward: its rate cannot be {rate}")
        self._rate = rate
        self._epoch_s = time.time() if epoch_ms is None else epoch_ms / 1000

    def wall_ms(self) -> int:
        return round((self._epoch_s + (time.time() - self._epoch_s) * self._rate) * 1000)

    def monotonic(self) -> float:
        return time.monotonic() * self._rate

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(delay_s / self._rate, callback).cancel


class JumpClock(Clock):
    """Virtual time: it stands still while anything happens and jumps to the next waiter when nothing does."""

    HELD_S = 0.25
    """Real seconds granted to an answer from outside the process before time moves on without it."""

    def __init__(self, start: datetime = datetime(2026, 4, 18, 9, tzinfo=UTC), grace_s: float = 0.0) -> None:
        self._wall_s = start.timestamp()
        self._elapsed_s = 0.0
        self._grace_s = grace_s
        self._held = 0
        self._order = itertools.count()
        self._due: list[tuple[float, int]] = []
        self._callbacks: dict[int, Callable[[], object]] = {}

    def wall_ms(self) -> int:
        return round((self._wall_s + self._elapsed_s) * 1000)

    def monotonic(self) -> float:
        return self._elapsed_s

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Callable[[], None]:
        number = next(self._order)
        heapq.heappush(self._due, (self._elapsed_s + delay_s, number))
        self._callbacks[number] = callback
        return lambda: self._cancel(number)

    @contextmanager
    def busy(self) -> Iterator[None]:
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an owner or NTP would; monotonic time does not notice."""
        self._wall_s += seconds

    @property
    def patience_s(self) -> float:
        """Real seconds for which the outside world may still make something happen."""
        return self.HELD_S if self._held else self._grace_s

    def next_due(self) -> float | None:
        """The monotonic instant of the next waiter, or None if nobody waits."""
        while self._due and self._due[0][1] not in self._callbacks:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def jump(self) -> None:
        """Move to the next waiter and call everybody who waits for that instant."""
        due = self.next_due()
        if due is None:
            return
        self._elapsed_s = max(self._elapsed_s, due)
        while (following := self.next_due()) is not None and following <= self._elapsed_s:
            self._callbacks.pop(heapq.heappop(self._due)[1])()

    def _cancel(self, number: int) -> None:
        self._callbacks.pop(number, None)
        if len(self._due) > 100 + 2 * len(self._callbacks):
            self._due = [entry for entry in self._due if entry[1] in self._callbacks]
            heapq.heapify(self._due)


class JumpLoop(asyncio.SelectorEventLoop):
    """The event loop that lets a `JumpClock` jump when it would otherwise sleep."""

    def __init__(self, clock: JumpClock) -> None:
        super().__init__(_JumpSelector(clock))
        self.clock = clock


class _JumpSelector(selectors.DefaultSelector):
    """A selector that never sleeps past the clock's patience while somebody waits for virtual time."""

    def __init__(self, clock: JumpClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if (timeout is not None and timeout <= 0) or self._clock.next_due() is None:
            return super().select(timeout)
        patience_s = self._clock.patience_s
        events = super().select(patience_s if timeout is None else min(timeout, patience_s))
        if not events and (timeout is None or timeout >= patience_s):
            self._clock.jump()
        return events

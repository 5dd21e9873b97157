"""What outlives a restart: what our orders did to a switch, its timer before us, its counters, somebody's hand."""

import math
from contextlib import suppress
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from common.clock import Clock
from common.store import Store
from services.relay.metering import Odometer
from services.relay.switching import Memory

DISK_S: Final = 1.0
"""A disk that is slower than this is not waited for: somebody may want something switched."""
STEP_MS: Final = 5000
"""An instant that moved by less is the same; the two clocks never agree to the millisecond."""
COUNTED_S: Final = 900.0
"""Counters are written down this often."""


class Kept(BaseModel):
    """A switch, on the wall clock."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    is_ours: bool = False
    by_hand_ms: int | None = None
    on_since_ms: int | None = None
    rests_until_ms: int | None = None
    timer_before_s: float | None = None
    """What its off-timer was set to before we set it; None: we did not."""


class Keeper:
    """One switch's part of the store."""

    def __init__(self, store: Store, clock: Clock, device: str) -> None:
        self._store = store
        self._clock = clock
        self._device = device
        self._kept = self._read()
        self._counted_s = -math.inf

    @property
    def timer_before_s(self) -> float | None:
        """The owner's own off-timer, while ours is set."""
        return self._kept.timer_before_s

    def memory(self) -> Memory:
        """The switch as it was left."""
        kept = self._kept
        return Memory(
            is_ours=kept.is_ours,
            by_hand_s=self._past_s(kept.by_hand_ms),
            on_since_s=self._past_s(kept.on_since_ms),
            rests_until_s=-math.inf if kept.rests_until_ms is None else self._at_s(kept.rests_until_ms),
        )

    async def keep(self, memory: Memory, timer_before_s: float | None) -> None:
        """Write down what has changed."""
        rests_until_s = memory.rests_until_s if memory.rests_until_s > self._clock.monotonic() else None
        now = Kept(
            is_ours=memory.is_ours,
            by_hand_ms=self._at_ms(memory.by_hand_s),
            on_since_ms=self._at_ms(memory.on_since_s),
            rests_until_ms=self._at_ms(rests_until_s),
            timer_before_s=timer_before_s,
        )
        if not _is_same(now, self._kept):
            self._kept = now
            await self._put("memory", now.model_dump())

    def odometer(self, max_power_w: float) -> Odometer:
        """Its counters as they were left."""
        return Odometer(max_power_w, self._numbers("offsets"), self._numbers("totals"))

    async def count(self, odometer: Odometer) -> None:
        """Write the counters down, now and then."""
        if self._clock.monotonic() - self._counted_s >= COUNTED_S and odometer.totals:
            self._counted_s = self._clock.monotonic()
            await self._put("offsets", dict(odometer.offsets))
            await self._put("totals", dict(odometer.totals))

    async def _put(self, what: str, value: JsonValue) -> None:
        with suppress(TimeoutError):
            async with self._clock.timeout(DISK_S):
                await self._store.put(f"{what}/{self._device}", value)

    def _numbers(self, what: str) -> dict[str, float]:
        kept = self._store.get(f"{what}/{self._device}")
        items = kept.items() if isinstance(kept, dict) else ()
        return {name: float(value) for name, value in items if isinstance(value, int | float)}

    def _read(self) -> Kept:
        try:
            return Kept.model_validate(self._store.get(f"memory/{self._device}") or {})
        except ValidationError:
            return Kept()

    def _at_s(self, at_ms: int) -> float:
        return self._clock.monotonic() + (at_ms - self._clock.wall_ms()) / 1000

    def _past_s(self, at_ms: int | None) -> float | None:
        """An instant that cannot lie ahead, whatever was done to the wall clock meanwhile."""
        return None if at_ms is None else min(self._clock.monotonic(), self._at_s(at_ms))

    def _at_ms(self, at_s: float | None) -> int | None:
        return None if at_s is None else self._clock.wall_ms() + round((at_s - self._clock.monotonic()) * 1000)


def _is_same(one: Kept, other: Kept) -> bool:
    instants = [(one.by_hand_ms, other.by_hand_ms), (one.on_since_ms, other.on_since_ms)]
    instants.append((one.rests_until_ms, other.rests_until_ms))
    plain = (one.is_ours, one.timer_before_s) == (other.is_ours, other.timer_before_s)
    return plain and all(_is_near(first, second) for first, second in instants)


def _is_near(one: int | None, other: int | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) < STEP_MS

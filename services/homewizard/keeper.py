"""What outlives a restart: whose devices these are, what our orders did to them, since when somebody's hand rules."""

import math
from contextlib import suppress
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from common.clock import Clock
from common.store import Store
from services.homewizard import gating, switching

DISK_S: Final = 1.0
"""A disk that is slower than this is not waited for: somebody may want something switched."""
STEP_S: Final = 5.0
"""An instant that moved by less is the same; the two clocks never agree to the millisecond."""


class _Kept(BaseModel):
    """A socket or a group, on the wall clock."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    is_ours: bool = False
    by_hand_ms: int | None = None
    on_since_ms: int | None = None
    rests_until_ms: int | None = None


class Keeper:
    """One device's part of the store."""

    def __init__(self, store: Store, clock: Clock, device: str) -> None:
        self._store = store
        self._clock = clock
        self._device = device
        self._kept = self._read()

    @property
    def serial(self) -> str | None:
        """Who answered before."""
        serial = self._store.get(f"serial/{self._device}")
        return serial if isinstance(serial, str) else None

    async def know(self, serial: str) -> None:
        """Remember who answers."""
        if serial != self.serial:
            await self._put("serial", serial)

    def socket(self) -> switching.Memory:
        """A socket as it was left."""
        kept = self._kept
        return switching.Memory(
            is_ours=kept.is_ours,
            by_hand_s=self._past_s(kept.by_hand_ms),
            on_since_s=self._past_s(kept.on_since_ms),
            rests_until_s=-math.inf if kept.rests_until_ms is None else self._at_s(kept.rests_until_ms),
        )

    async def keep_socket(self, memory: switching.Memory) -> None:
        """Write down what has changed."""
        now_s = self._clock.monotonic()
        await self._keep(
            _Kept(
                is_ours=memory.is_ours,
                by_hand_ms=self._at_ms(memory.by_hand_s),
                on_since_ms=self._at_ms(memory.on_since_s),
                rests_until_ms=self._at_ms(memory.rests_until_s if memory.rests_until_s > now_s else None),
            )
        )

    def group(self) -> gating.Memory:
        """A group as it was left."""
        return gating.Memory(is_ours=self._kept.is_ours)

    async def keep_group(self, memory: gating.Memory) -> None:
        """Write down what has changed."""
        await self._keep(_Kept(is_ours=memory.is_ours))

    async def _keep(self, now: _Kept) -> None:
        if not _is_same(now, self._kept):
            self._kept = now
            await self._put("memory", now.model_dump())

    async def _put(self, what: str, value: JsonValue) -> None:
        """Write, but wait no longer than an order can; the store goes on by itself."""
        with suppress(TimeoutError):
            async with self._clock.timeout(DISK_S):
                await self._store.put(f"{what}/{self._device}", value)

    def _read(self) -> _Kept:
        try:
            return _Kept.model_validate(self._store.get(f"memory/{self._device}") or {})
        except ValidationError:
            return _Kept()

    def _at_s(self, at_ms: int) -> float:
        return self._clock.monotonic() + (at_ms - self._clock.wall_ms()) / 1000

    def _past_s(self, at_ms: int | None) -> float | None:
        """An instant that cannot lie ahead, whatever was done to the wall clock meanwhile."""
        return None if at_ms is None else min(self._clock.monotonic(), self._at_s(at_ms))

    def _at_ms(self, at_s: float | None) -> int | None:
        return None if at_s is None else self._clock.wall_ms() + round((at_s - self._clock.monotonic()) * 1000)


def _is_same(one: _Kept, other: _Kept) -> bool:
    pairs = zip(one.model_dump().values(), other.model_dump().values(), strict=True)
    return all(_is_near(first, second) for first, second in pairs)


def _is_near(one: bool | int | None, other: bool | int | None) -> bool:
    if one is None or other is None or isinstance(one, bool):
        return one == other
    return abs(one - other) < STEP_S * 1000

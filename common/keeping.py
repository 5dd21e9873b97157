"""One device's part of the store: whose doing its position is, since when somebody's hand rules, how long it is on."""

from contextlib import suppress
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from common.clock import Clock
from common.store import Store
from common.switching import Lasting

DISK_S: Final = 1.0
"""A disk that is slower than this is not waited for: somebody may want something switched."""
STEP_MS: Final = 5000
"""An instant that moved by less is the same; the two clocks never agree to the millisecond."""
L = TypeVar("L", bound=Lasting)


class _Kept(BaseModel):
    """What outlives a restart, on the wall clock."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    is_ours: bool = False
    by_hand_ms: int | None = None
    on_since_ms: int | None = None
    rests_until_ms: int | None = None

    def is_near(self, other: "_Kept") -> bool:
        """Nothing has changed but the clocks."""
        pairs = zip(self.model_dump().values(), other.model_dump().values(), strict=True)
        return all(_is_near(one, two) for one, two in pairs)


class Keeper:
    """What is kept of one device; written on change only, and not waited for long."""

    def __init__(self, store: Store, clock: Clock, device: str) -> None:
        self._store = store
        self._clock = clock
        self._device = device
        self._kept = self._read()

    def recall(self, kind: type[L]) -> L:
        """The device as it was left."""
        kept = self._kept
        rests_until_s = {} if kept.rests_until_ms is None else {"rests_until_s": self._at_s(kept.rests_until_ms)}
        return kind(
            is_ours=kept.is_ours,
            by_hand_s=self._past_s(kept.by_hand_ms),
            on_since_s=self._past_s(kept.on_since_ms),
            **rests_until_s,
        )

    async def keep(self, now: Lasting) -> None:
        """Write down what has changed."""
        is_resting = now.rests_until_s > self._clock.monotonic()
        kept = _Kept(
            is_ours=now.is_ours,
            by_hand_ms=self._at_ms(now.by_hand_s),
            on_since_ms=self._at_ms(now.on_since_s),
            rests_until_ms=self._at_ms(now.rests_until_s if is_resting else None),
        )
        if not kept.is_near(self._kept):
            self._kept = kept
            await self._put("memory", kept.model_dump())

    def _get(self, what: str) -> JsonValue:
        return self._store.get(f"{what}/{self._device}")

    async def _put(self, what: str, value: JsonValue) -> None:
        """Write, but wait no longer than an order can; the store goes on by itself."""
        with suppress(TimeoutError):
            async with self._clock.timeout(DISK_S):
                await self._store.put(f"{what}/{self._device}", value)

    def _read(self) -> _Kept:
        try:
            return _Kept.model_validate(self._get("memory") or {})
        except ValidationError:
            return _Kept()

    def _at_s(self, at_ms: int) -> float:
        return self._clock.monotonic() + (at_ms - self._clock.wall_ms()) / 1000

    def _past_s(self, at_ms: int | None) -> float | None:
        """An instant that cannot lie ahead, whatever was done to the wall clock meanwhile."""
        return None if at_ms is None else min(self._clock.monotonic(), self._at_s(at_ms))

    def _at_ms(self, at_s: float | None) -> int | None:
        return None if at_s is None else self._clock.wall_ms() + round((at_s - self._clock.monotonic()) * 1000)


def _is_near(one: int | None, other: int | None) -> bool:
    if one is None or other is None or isinstance(one, bool):
        return one == other
    return abs(one - other) < STEP_MS

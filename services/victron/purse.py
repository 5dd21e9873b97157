"""The day's flash writes of one GX, kept on disk and shown as a metric."""

from common import metrics
from common.clock import Clock
from common.store import Store
from services.victron.budget import Budget


class Purse:
    """What its battery and its relays may spend together."""

    def __init__(self, store: Store, clock: Clock, account: str, device: str, most: int) -> None:
        self._store, self._clock, self._key = store, clock, f"flash/{device}"
        kept = store.get(self._key)
        written_ms = tuple(at_ms for at_ms in kept if isinstance(at_ms, int)) if isinstance(kept, list) else ()
        self._budget = Budget(most, written_ms)
        self._counter = metrics.FLASH_WRITES.labels(device, account)
        metrics.FLASH_LEFT.labels(device, account).set_function(lambda: self._budget.left(clock.wall_ms()))

    def allows(self, *, is_last: bool = False) -> bool:
        """Whether a setting may be written; `is_last`: it is put back."""
        return self._budget.allows(self._clock.wall_ms(), is_last=is_last)

    async def spend(self) -> None:
        """One is about to be written."""
        self._budget = self._budget.after(self._clock.wall_ms())
        self._counter.inc()
        await self._store.put(self._key, list(self._budget.written_ms))

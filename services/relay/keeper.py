"""What outlives a restart: what our orders did to a switch, its timer before us, its counters, somebody's hand."""

import math
from typing import Final

from common import keeping
from common.clock import Clock
from common.store import Store
from services.relay.metering import Odometer

COUNTED_S: Final = 900.0
"""Counters are written down this often."""


class Keeper(keeping.Keeper):
    """One switch's part of the store."""

    def __init__(self, store: Store, clock: Clock, device: str) -> None:
        super().__init__(store, clock, device)
        self._counted_s = -math.inf

    @property
    def timer_before_s(self) -> float | None:
        """What its off-timer was set to before we set it; None: we did not."""
        kept = self._get("timer")
        return float(kept) if isinstance(kept, int | float) else None

    async def keep_timer(self, before_s: float | None) -> None:
        """Remember the owner's own off-timer, while ours is set."""
        if before_s != self.timer_before_s:
            await self._put("timer", before_s)

    def odometer(self, max_power_w: float) -> Odometer:
        """Its counters as they were left."""
        return Odometer(max_power_w, self._numbers("offsets"), self._numbers("totals"))

    async def count(self, odometer: Odometer) -> None:
        """Write the counters down, now and then."""
        if self._clock.monotonic() - self._counted_s >= COUNTED_S and odometer.totals:
            self._counted_s = self._clock.monotonic()
            await self._put("offsets", dict(odometer.offsets))
            await self._put("totals", dict(odometer.totals))

    def _numbers(self, what: str) -> dict[str, float]:
        kept = self._get(what)
        items = kept.items() if isinstance(kept, dict) else ()
        return {name: float(value) for name, value in items if isinstance(value, int | float)}

"""Energy in and out of a battery, counted by us: the firmware's own totals come in too many units to be trusted."""

import math
from typing import Final

from common.store import Store

SAVE_EACH_S: Final = 60.0


class Counters:
    """Two counters that only ever grow. What they show has reached the disk, so no restart takes any of it back."""

    def __init__(self, store: Store, device: str) -> None:
        self._store = store
        self._key = f"energy/{device}"
        kept = store.get(self._key)
        values = kept if isinstance(kept, list) and len(kept) == 2 else [0, 0]
        self._in_wh, self._out_wh = (float(value) if isinstance(value, int | float) else 0.0 for value in values)
        self.import_wh, self.export_wh = int(self._in_wh), int(self._out_wh)
        """As published: charged and discharged."""
        self._last: tuple[float, float] | None = None
        self._saved_s = -math.inf

    def add(self, at_s: float, power_w: float | None, longest_gap_s: float) -> None:
        """Count up to a reading. Over a gap, or beside an unknown power, nothing is known and nothing counted."""
        before, self._last = self._last, (at_s, power_w) if power_w is not None else None
        if before is None or power_w is None or at_s - before[0] > longest_gap_s:
            return
        moved_wh = (before[1] + power_w) / 2 * (at_s - before[0]) / 3600
        self._in_wh += max(0.0, moved_wh)
        self._out_wh += max(0.0, -moved_wh)

    async def save(self, now_s: float, *, is_last: bool = False) -> None:
        """Keep and show what was counted, once a minute."""
        shown = int(self._in_wh), int(self._out_wh)
        if shown == (self.import_wh, self.export_wh) or (now_s - self._saved_s < SAVE_EACH_S and not is_last):
            return
        self._saved_s = now_s
        await self._store.put(self._key, [round(self._in_wh, 3), round(self._out_wh, 3)])
        self.import_wh, self.export_wh = shown

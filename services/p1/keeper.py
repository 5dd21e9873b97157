"""What the bridge remembers over a restart: whose readings these are, and where the counters stood."""

from typing import Final

from pydantic import JsonValue, ValidationError

from common.clock import Clock
from common.store import Store
from services.p1.plausibility import Ledger, Memory

KEEP_EACH_S: Final = 900.0
"""A hundred writes a day do an SD card no harm."""


class Keeper:
    """The bridge's part of the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept_s = clock.monotonic()

    @property
    def serial(self) -> str | None:
        """The dongle that was read last."""
        serial = self._store.get("serial")
        return serial if isinstance(serial, str) else None

    def recall(self, ledger: Ledger) -> None:
        """Put the counters back where they stood; nothing, if what was kept cannot be read."""
        try:
            memory = Memory.model_validate(self._store.get("counters"))
        except ValidationError:
            return
        ledger.recall(memory, self._clock.monotonic(), self._clock.wall_ms())

    async def keep(self, ledger: Ledger, serial: str | None) -> None:
        """Write it down now."""
        self._kept_s = self._clock.monotonic()
        if serial != self.serial:
            await self._store.put("serial", serial)
        counters: JsonValue = ledger.memory(self._clock.wall_ms()).model_dump()
        await self._store.put("counters", counters)

    async def keep_now_and_then(self, ledger: Ledger, serial: str | None) -> None:
        """Write it down when the serial is new or it is time."""
        if serial != self.serial or self._clock.monotonic() - self._kept_s >= KEEP_EACH_S:
            await self.keep(ledger, serial)

"""The history as the service uses it: in memory, and on disk once in a quarter hour.

A disk that fails stops nothing: what was not written stays in memory and goes with the next write.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

from common import metrics
from common.clock import Clock
from common.log import Once
from services.forecaster.core.calibration import WINDOW_S
from services.forecaster.core.quarters import Quarter
from services.forecaster.core.score import Told
from services.forecaster.ledger import TOLD_S, Past, forget, opened, read, read_only, write

UNTOLD: Final = 1000
log = logging.getLogger(__name__)


class History:
    """What was measured and forecast. Use as `with`: its thread ends with the block."""

    def __init__(self, path: Path, clock: Clock, service: str) -> None:
        self.past = Past()
        self._path, self._clock, self._service = path, clock, service
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._unsaved: tuple[Quarter, ...] = ()
        self._untold: tuple[Told, ...] = ()
        self._troubles = Once(log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.shutdown()

    async def keep(self, now_s: float, quarters: Sequence[Quarter] = (), told: Sequence[Told] = ()) -> None:
        """Write what is new, forget what is old, and read again what the file holds: an import may have written too."""
        self._unsaved = tuple(row for row in (*self._unsaved, *quarters) if now_s - row.start_s < WINDOW_S)
        self._untold = (*self._untold, *told)[-UNTOLD:]
        loop = asyncio.get_running_loop()
        with self._clock.busy():
            past, error = await loop.run_in_executor(self._worker, self._exchange, now_s)
        if error is None:
            self.past, self._unsaved, self._untold = past, (), ()
            self._troubles.over("disk", "%s can be used again", self._path)
            return
        metrics.STORE_FAILURES.labels(self._service).inc()
        self._troubles.trouble("disk", "%s cannot be used (%s); going on without it", self._path, error)
        self.past = self._without_disk(past, now_s)

    def _exchange(self, now_s: float) -> tuple[Past, Exception | None]:
        try:
            with opened(self._path) as disk:
                write(disk, self._unsaved, self._untold)
                forget(disk, now_s)
                return read(disk, now_s), None
        except (sqlite3.Error, OSError) as error:
            return read_only(self._path, now_s), error

    def _without_disk(self, found: Past, now_s: float) -> Past:
        """What the disk still tells, and what it did not take."""
        quarters = {row.start_s: row for row in (*found.quarters, *self._unsaved)}
        told = {(each.kind, each.lead, each.expected.start_s): each for each in (*found.told, *self._untold)}
        recent = (each for each in told.values() if now_s - each.expected.start_s < TOLD_S)
        return Past(tuple(quarters[start_s] for start_s in sorted(quarters)), tuple(recent))

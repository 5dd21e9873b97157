"""A service's memory on disk: keys and JSON values in one SQLite file.

Losing it must never stop control: a disk that is full, read-only or corrupt is reported and gone without.
"""

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Self

import orjson
from pydantic import JsonValue

from common import metrics
from common.clock import Clock
from common.log import Once

log = logging.getLogger(__name__)


class Store:
    """Values that outlive the process. Reads are answered from memory, writes go to disk in a worker thread."""

    def __init__(self, path: Path, clock: Clock, service: str) -> None:
        self._path = path
        self._clock = clock
        self._service = service
        self._troubles = Once(log)
        self._turn = asyncio.Lock()
        self._disk, self._values = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._disk is not None:
            self._disk.close()

    def get(self, key: str) -> JsonValue:
        """The value last put under `key`, or None."""
        return self._values.get(key)

    async def put(self, key: str, value: JsonValue) -> bool:
        """Keep `value`. Returns whether it reached the disk; if not, that is reported and tried again next time."""
        self._values[key] = value
        if self._disk is None:
            return False
        async with self._turn:
            with self._clock.busy():
                error = await asyncio.to_thread(self._write, self._disk, key, orjson.dumps(value))
        if error:
            metrics.STORE_FAILURES.labels(self._service).inc()
            self._troubles.trouble("write", "%s cannot be written (%s); going on without it", self._path, error)
        else:
            self._troubles.over("write", "%s can be written again", self._path)
        return error is None

    def _open(self) -> tuple[sqlite3.Connection | None, dict[str, JsonValue]]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return _connect(self._path)
        except (OSError, sqlite3.OperationalError) as error:
            why: Exception = error
        except (sqlite3.DatabaseError, ValueError) as error:
            log.warning("%s is damaged (%s); it is kept as .damaged, and a new one begun", self._path, error)
            try:
                self._path.replace(self._path.with_suffix(".damaged"))
                return _connect(self._path)
            except (OSError, sqlite3.Error) as another:
                why = another
        log.warning("%s cannot be used (%s); nothing will be remembered after a restart", self._path, why)
        return None, {}

    @staticmethod
    def _write(disk: sqlite3.Connection, key: str, value: bytes) -> sqlite3.Error | None:
        try:
            with disk:
                disk.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, value))
        except sqlite3.Error as error:
            return error
        return None


def _connect(path: Path) -> tuple[sqlite3.Connection, dict[str, JsonValue]]:
    disk = sqlite3.connect(path, check_same_thread=False)
    try:
        disk.execute("PRAGMA journal_mode = WAL")
        disk.execute("PRAGMA synchronous = NORMAL")
        disk.execute("CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
        return disk, {key: orjson.loads(value) for key, value in disk.execute("SELECT key, value FROM memory")}
    except (sqlite3.Error, ValueError):
        disk.close()
        raise

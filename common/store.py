"""A service's memory on disk: keys and JSON values in one SQLite file.

Losing it must never stop control: a disk that is full, read-only or corrupt is reported and gone without.
"""

import asyncio
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Self

import orjson
from pydantic import JsonValue

from common import metrics
from common.clock import Clock
from common.log import Once

log = logging.getLogger(__name__)


class Store:
    """Values that outlive the process. Reads are answered from memory, writes go to disk in a worker thread.

    The thread writes in the order of the puts, also of those that were cancelled while they waited for it.
    """

    def __init__(self, path: Path, clock: Clock, service: str) -> None:
        self._path = path
        self._clock = clock
        self._service = service
        metrics.STORE_FAILURES.labels(service)
        self._troubles = Once(log)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._unsaved: dict[str, bytes] = {}
        """What a full disk did not take yet; the worker's own."""
        self._disk, self._values = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.shutdown()
        if self._disk is not None:
            self._disk.close()

    def get(self, key: str) -> JsonValue:
        """The value last put under `key`, or None."""
        return self._values.get(key)

    async def put(self, key: str, value: JsonValue) -> bool:
        """Keep `value`. Returns whether it reached the disk; if not, that is reported, and it goes with the next."""
        self._values[key] = value
        if self._disk is None:
            return False
        loop = asyncio.get_running_loop()
        with self._clock.busy():
            error = await loop.run_in_executor(self._worker, self._write, self._disk, key, orjson.dumps(value))
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
        log.warning("%s cannot be used (%s); nothing new will be remembered after a restart", self._path, why)
        return None, _read_only(self._path)

    def _write(self, disk: sqlite3.Connection, key: str, value: bytes) -> sqlite3.Error | None:
        self._unsaved[key] = value
        try:
            with disk:
                disk.executemany("INSERT OR REPLACE INTO memory VALUES (?, ?)", self._unsaved.items())
        except sqlite3.Error as error:
            return error
        self._unsaved.clear()
        return None


def _connect(path: Path) -> tuple[sqlite3.Connection, dict[str, JsonValue]]:
    disk = sqlite3.connect(path, check_same_thread=False)
    try:
        disk.execute("PRAGMA journal_mode = WAL")
        disk.execute("PRAGMA synchronous = NORMAL")
        disk.execute("CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
        return disk, _values(disk)
    except (sqlite3.Error, ValueError):
        disk.close()
        raise


def _read_only(path: Path) -> dict[str, JsonValue]:
    """What a file holds that can be read and not written, as on an SD card that has given up."""
    for how in ("mode=ro", "immutable=1"):  # the second for a folder in which not even a lock can be made
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as disk:
                return _values(disk)
        except (sqlite3.Error, ValueError):
            continue
    return {}


def _values(disk: sqlite3.Connection) -> dict[str, JsonValue]:
    return {key: orjson.loads(value) for key, value in disk.execute("SELECT key, value FROM memory")}

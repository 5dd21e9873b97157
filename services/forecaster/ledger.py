"""The file of the history: one line per quarter hour, written in whole transactions. SQLite, without asyncio.

The service writes it once in a quarter hour; `ballast history import` may write at the same time.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, cast

from services.forecaster.core.calibration import WINDOW_S
from services.forecaster.core.quarters import PER_DAY, Expected, Quarter
from services.forecaster.core.score import WINDOW_S as SCORED_S
from services.forecaster.core.score import Kind, Lead, Told

NAME: Final = "forecaster-history.sqlite"
MOST_QUARTERS: Final = 400 * PER_DAY
"""A year and a month: 2 MB."""
TOLD_S: Final = 2 * SCORED_S
LOCKED_S: Final = 5.0
"""So long is waited for the other writer."""
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS quarter (start_s INTEGER PRIMARY KEY, pv_w REAL, load_w REAL, raw_w REAL);
CREATE TABLE IF NOT EXISTS told (
    kind TEXT NOT NULL, lead TEXT NOT NULL, start_s INTEGER NOT NULL, p10_w REAL, p50_w REAL, p90_w REAL,
    PRIMARY KEY (kind, lead, start_s)
) WITHOUT ROWID;
"""
MEASURED: Final = """
INSERT INTO quarter VALUES (?, ?, ?, ?) ON CONFLICT (start_s) DO UPDATE SET
    pv_w = coalesce(pv_w, excluded.pv_w), load_w = coalesce(load_w, excluded.load_w),
    raw_w = coalesce(raw_w, excluded.raw_w)
"""
"""What is known stays: lines that come twice, out of a file for instance, change nothing."""
SURPLUS: Final = """
DELETE FROM quarter WHERE start_s <= (SELECT start_s FROM quarter ORDER BY start_s DESC LIMIT 1 OFFSET ?)
"""
MISSING: Final = "SELECT start_s, (pv_w IS NULL) + 2 * (load_w IS NULL) + 4 * (raw_w IS NULL) FROM quarter"
KNOWN: Final = "SELECT start_s, pv_w, load_w, raw_w FROM quarter WHERE start_s BETWEEN ? AND ? ORDER BY start_s"
log = logging.getLogger(__name__)


class Past(NamedTuple):
    """What is remembered, ascending."""

    quarters: tuple[Quarter, ...] = ()
    told: tuple[Told, ...] = ()


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file for the block. One that is damaged is kept as `.damaged`, and a new one begun.

    Raises sqlite3.Error or OSError where there can be none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        disk = _connect(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        log.warning("%s is damaged (%s); it is kept as .damaged, and a new one begun", path, error)
        path.replace(path.with_suffix(".damaged"))
        disk = _connect(path)
    with closing(disk):
        yield disk


def _connect(path: Path) -> sqlite3.Connection:
    disk = sqlite3.connect(path, timeout=LOCKED_S)
    try:
        disk.execute("PRAGMA journal_mode = WAL")
        disk.execute("PRAGMA synchronous = NORMAL")
        disk.executescript(SCHEMA)
    except sqlite3.Error:
        disk.close()
        raise
    return disk


def write(disk: sqlite3.Connection, quarters: Iterable[Quarter], told: Iterable[Told] = ()) -> int:
    """Add what is new, all of it or nothing. Returns how many lines were added or completed."""
    before = disk.total_changes
    with disk:
        known = dict(disk.execute(MISSING))
        disk.executemany(MEASURED, (row for row in quarters if _adds(row, known.get(row.start_s, 7))))
        changed = disk.total_changes - before
        lines = ((each.kind, each.lead, *each.expected) for each in told)
        disk.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?)", lines)
    return changed


def _adds(row: Quarter, missing: int) -> bool:
    """Whether a line tells anything that is missing so far (bits: pv, load, raw)."""
    return any(missing & bit and value is not None for bit, value in zip((1, 2, 4), row[1:], strict=True))


def forget(disk: sqlite3.Connection, now_s: float) -> None:
    """Drop the oldest quarters beyond those that are kept, and forecasts that are no longer judged."""
    with disk:
        disk.execute(SURPLUS, (MOST_QUARTERS,))
        disk.execute("DELETE FROM told WHERE start_s < ?", (now_s - TOLD_S,))


def read(disk: sqlite3.Connection, now_s: float) -> Past:
    """What the forecast is made of: the last months, up to now."""
    rows = disk.execute(KNOWN, (now_s - WINDOW_S, now_s))
    told = disk.execute("SELECT kind, lead, start_s, p10_w, p50_w, p90_w FROM told ORDER BY kind, lead, start_s")
    return Past(
        tuple(Quarter(*row) for row in rows),
        tuple(Told(cast(Kind, kind), cast(Lead, lead), Expected(*slot)) for kind, lead, *slot in told),
    )  # the file's words are those that `write` was given


def read_only(path: Path, now_s: float) -> Past:
    """What a file holds that cannot be written, as on an SD card that has given up; nothing if it cannot be read."""
    for how in ("mode=ro", "immutable=1"):  # the second for a folder in which not even a lock can be made
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as disk:
                return read(disk, now_s)
        except sqlite3.Error:
            continue
    return Past()

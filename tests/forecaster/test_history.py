"""The history on disk: whole after a kill, bounded, repaired, and never a reason to stop."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from common.clock import Clock
from common.means import QUARTER_S
from services.forecaster.core.calibration import WINDOW_S
from services.forecaster.core.quarters import Expected, Quarter
from services.forecaster.core.score import Told
from services.forecaster.history import History
from services.forecaster.ledger import MOST_QUARTERS, Past, forget, opened, read, write
from tests.forecaster.days import DAY_S, NOON_S

ROWS = [Quarter(NOON_S - 1800, 100.0, 200.0, 300.0), Quarter(NOON_S - 900, None, 250.0, None)]
TOLD = [Told("pv", "day", Expected(NOON_S, 1.0, 2.0, 3.0)), Told("load", "hour", Expected(NOON_S, 4.0, 5.0, 6.0))]
KEPT = Past(tuple(ROWS), tuple(TOLD[::-1]))
WRITE_FOR_EVER = """
import pathlib, sys
from services.forecaster.core.quarters import Quarter
from services.forecaster.ledger import opened, write

for number in range(1_000_000):
    with opened(pathlib.Path(sys.argv[1])) as disk:
        write(disk, [Quarter(900 * (2 * number + k), float(number)) for k in (0, 1)])
    print(number, flush=True)
"""


def kept(path: Path, now_s: float = NOON_S) -> Past:
    with opened(path) as disk:
        return read(disk, now_s)


async def test_what_is_kept_is_there_after_a_restart(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "data" / "history.sqlite"
    with History(path, clock, "x") as history:
        await history.keep(NOON_S, ROWS, TOLD)
        assert history.past == KEPT
    with History(path, clock, "x") as again:
        await again.keep(NOON_S)
        assert again.past == KEPT


async def test_what_another_program_writes_meanwhile_is_seen(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with History(path, clock, "x") as history:
        await history.keep(NOON_S, ROWS)
        with opened(path) as disk:
            write(disk, [Quarter(NOON_S - 2700, 7.0)])
        await history.keep(NOON_S)
        assert [row.start_s for row in history.past.quarters] == [NOON_S - 2700, NOON_S - 1800, NOON_S - 900]


def test_what_is_known_stays_and_what_is_missing_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with opened(path) as disk:
        assert write(disk, ROWS) == 2
        assert write(disk, ROWS) == 0, "twice is once"
        assert write(disk, [Quarter(NOON_S - 900, 50.0, 999.0, None)]) == 1
    assert kept(path).quarters[1] == Quarter(NOON_S - 900, 50.0, 250.0, None)


def test_it_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    rows = [Quarter(NOON_S - k * QUARTER_S, 1.0, 2.0, 3.0) for k in range(MOST_QUARTERS + 500)]
    told = [Told("pv", "day", Expected(NOON_S - day * DAY_S, 1.0, 2.0, 3.0)) for day in range(30)]
    with opened(path) as disk:
        write(disk, rows, told)
        forget(disk, NOON_S)
        (count,) = disk.execute("SELECT count(*) FROM quarter").fetchone()
        assert count == MOST_QUARTERS
        assert len(read(disk, NOON_S).told) == 15
        assert len(read(disk, NOON_S).quarters) == WINDOW_S // QUARTER_S + 1
    assert path.stat().st_size < 4_000_000


def test_a_kill_at_any_moment_leaves_whole_transactions(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    for killed_after in (1, 7, 20):
        with subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            try:
                confirmed = [int(writer.stdout.readline()) for _ in range(killed_after)][-1]
            finally:
                writer.kill()
        with opened(path) as disk:
            numbers = [value for (value,) in disk.execute("SELECT pv_w FROM quarter ORDER BY start_s")]
            assert disk.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert len(numbers) >= 2 * (confirmed + 1)
        assert numbers == [float(number) for number in range(len(numbers) // 2) for _ in (0, 1)]


def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"this was a database once " * 200)
    with opened(path) as disk:
        assert write(disk, ROWS) == 2
    assert (tmp_path / "history.damaged").read_bytes().startswith(b"this was")


async def test_a_disk_that_fails_stops_nothing_and_is_made_good(clock: Clock, tmp_path: Path) -> None:
    """Its place is taken by a folder: nothing can be written, everything is remembered, and written afterwards."""
    path = tmp_path / "history.sqlite"
    path.mkdir()
    with History(path, clock, "x") as history:
        await history.keep(NOON_S, ROWS[:1], TOLD)
        await history.keep(NOON_S, ROWS[1:])
        assert history.past.quarters == tuple(ROWS)
        assert set(history.past.told) == set(TOLD)
        path.rmdir()
        await history.keep(NOON_S)
        assert history.past == KEPT
    assert kept(path).quarters == tuple(ROWS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_read_only_disk_is_still_read(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "card" / "history.sqlite"
    with opened(path) as disk:
        write(disk, ROWS[:1])
    for each in (path, path.parent):
        each.chmod(each.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        with History(path, clock, "x") as history:
            await history.keep(NOON_S, ROWS[1:])
            assert history.past.quarters == tuple(ROWS)
    finally:
        path.parent.chmod(0o755)


async def test_what_was_not_written_does_not_grow_without_end(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.mkdir()
    with History(path, clock, "x") as history:
        for day in range(300):
            await history.keep(NOON_S + day * DAY_S, [Quarter(NOON_S + day * DAY_S - 900, 1.0)], TOLD)
        assert len(history.past.quarters) <= WINDOW_S // DAY_S
        assert len(history.past.told) <= 2


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with opened(path) as disk:
        write(disk, ROWS)
        disk.execute("PRAGMA max_page_count = 8")
        many = [Quarter(k * 900, 1.0, 1.0, 1.0) for k in range(5000)]
        with pytest.raises(sqlite3.OperationalError, match="full"):
            write(disk, many)
    assert kept(path).quarters == tuple(ROWS)

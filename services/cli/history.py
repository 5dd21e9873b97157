"""`ballast history import FILE`: fills the forecaster's history from CSV, so that it need not begin with nothing."""

import argparse
import gzip
import io
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TextIO

from services.cli.configured import Unusable, complain, config_argument, configured, say
from services.forecaster.core.house_ahead import WINDOW_S
from services.forecaster.core.quarters import Quarter
from services.forecaster.ledger import MOST_QUARTERS, NAME, forget, opened, write
from services.forecaster.reading import Reading, Unreadable


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast history`."""
    parser.add_argument("deed", choices=["import"], help="read a file into the history")
    parser.add_argument(
        "file", type=Path, help="CSV (.gz too): time_utc or epoch_s, and pv_w, load_w; means in W, see docs/forecast.md"
    )
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Read the file, then write all of it or nothing. Doing it again changes nothing."""
    loaded, environment = configured(options)
    rows, now_s = _read(options.file)[-MOST_QUARTERS:], environment.clock().wall_ms() / 1000
    if rows[-1].start_s > now_s:
        raise Unusable(f"{options.file}: tells of {_day(rows[-1])}, which is still to come; nothing was imported")
    path = loaded.data_dir / NAME
    try:
        with opened(path) as disk:
            added = write(disk, rows)
            forget(disk, now_s)
    except (sqlite3.Error, OSError) as error:
        raise Unusable(f"{path} cannot be written ({error}); nothing was imported") from error
    say(f"{len(rows):,} quarter hours from {_day(rows[0])} to {_day(rows[-1])} into {path}:")
    say(f"{added:,} new or completed, {len(rows) - added:,} known already. A running forecaster sees them soon.")
    if now_s - rows[-1].start_s > WINDOW_S:
        complain(f"Nothing of it is younger than {WINDOW_S // 86_400} days: today's forecast is not made of it.")
    return 0


def _day(row: Quarter) -> str:
    return f"{datetime.fromtimestamp(row.start_s, UTC):%Y-%m-%d %H:%M} UTC"


def _read(path: Path) -> list[Quarter]:
    """The quarters of a file, with progress. Raises Unusable with every mistake and its line."""
    reading = Reading()
    try:
        size = max(1, path.stat().st_size)
        with path.open("rb") as file, _text(file, path.suffix) as lines:
            for number in reading.take(lines):
                complain(f"{file.tell() / size:>4.0%}  {number:,} lines")
    except Unreadable as error:
        raise Unusable("\n".join(f"{path}: {mistake}" for mistake in str(error).splitlines())) from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} cannot be read ({error}); nothing was imported") from error
    return reading.quarters()


def _text(file: BinaryIO, suffix: str) -> TextIO:
    """Its lines, unpacked where it is packed."""
    return io.TextIOWrapper(gzip.GzipFile(fileobj=file) if suffix == ".gz" else file, encoding="utf-8-sig", newline="")

"""Recorded CSV as steps, row by row. Columns, any other is passed over:

    time_utc             ISO 8601 with an offset or Z: the start of the interval; or
    epoch_s              the same in seconds since 1970, UTC
    load_w               the house without the devices that the replay adds, W
    pv_w                 production of the sun, W, ≥ 0; without the column the house has none
    pv_forecast_w        what a forecast published beforehand said about it, W
    import_eur_per_kwh   paid for import
    export_eur_per_kwh   received for export

Rows ascend and are evenly spaced; an empty field or a row that is not there was not measured, and is never zero. Files
may follow one another in time, and columns may come from different files with rows of other lengths.
"""

import csv
import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from itertools import chain, islice, pairwise
from math import isfinite
from pathlib import Path
from typing import IO, Final, NamedTuple

VALUES: Final = ("load_w", "pv_w", "pv_forecast_w", "import_eur_per_kwh", "export_eur_per_kwh")
MOST: Final = 1e6
PROBED: Final = 50
SLACK: Final = 1e-6


class Unreadable(Exception):
    """Raised when a file is not what it should be; says which, where, and what would be right."""


class Row(NamedTuple):
    """One row."""

    start_s: int
    length_s: int
    values: Mapping[str, float]
    """By our names; what is empty is not in it."""


class Table(NamedTuple):
    """A file, looked at."""

    path: Path
    names: Mapping[str, str]
    """Its own names of our columns."""
    first_s: int
    length_s: int


Passed = Callable[[int], None]
"""Told how many bytes of a file have been read."""


def look(path: Path, others: Mapping[str, str]) -> Table:
    """Which columns a file has, when it begins and how long its rows are. `others`: further names for our columns."""
    with _opened(path) as (file, _):
        reader = csv.DictReader(file)
        header = reader.fieldnames or []
        names = {others.get(name, name): name for name in header}
        if not {"time_utc", "epoch_s"} & names.keys():
            raise Unreadable(f"{path}:1: no column time_utc or epoch_s; found {', '.join(header) or 'nothing'}")
        known = {ours: theirs for ours, theirs in names.items() if ours in (*VALUES, "time_utc", "epoch_s")}
        if not known.keys() & set(VALUES):
            raise Unreadable(f"{path}:1: none of the columns {', '.join(VALUES)}; found {', '.join(header)}")
        times = [_time(path, reader.line_num, row, known) for row in islice(reader, PROBED)]
    apart = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    if not apart:
        raise Unreadable(f"{path}: needs at least two rows, one after the other in time")
    return Table(path, known, times[0], min(apart))


def rows(table: Table, passed: Passed | None = None) -> Iterator[Row]:
    """Every row of a file, in order."""
    before_s = table.first_s - 1
    wanted = [(ours, theirs) for ours, theirs in table.names.items() if ours in VALUES]
    with _opened(table.path) as (file, raw):
        reader = csv.DictReader(file)
        for row in reader:
            start_s = _time(table.path, reader.line_num, row, table.names)
            if start_s <= before_s:
                raise Unreadable(f"{table.path}:{reader.line_num}: is not after the row before it; sort rows by time")
            before_s = start_s
            texts = [(ours, theirs, row[theirs]) for ours, theirs in wanted]
            values = {ours: _number(table.path, reader.line_num, name, text) for ours, name, text in texts if text}
            if passed:
                passed(raw.tell())
            yield Row(start_s, table.length_s, values)


def in_a_row(tables: Iterable[Table], passed: Passed | None = None) -> Iterator[Row]:
    """The rows of several files, the earliest first. Raises Unreadable where they overlap."""
    before_s = None
    ordered = sorted(tables, key=lambda table: table.first_s)
    for row in chain.from_iterable(rows(table, passed) for table in ordered):
        if before_s is not None and row.start_s < before_s:
            names = ", ".join(str(table.path) for table in ordered)
            raise Unreadable(f"the files {names} overlap in time; give each period once")
        before_s = row.start_s + row.length_s
        yield row


class Alongside:
    """A column of other files, as means over the intervals of the house. Asked in ascending order of time."""

    def __init__(self, column: str, tables: Sequence[Table]) -> None:
        self._column = column
        self._rows = (row for row in in_a_row(tables) if column in row.values)
        self._held: list[Row] = []

    def mean(self, start_s: int, end_s: int) -> float | None:
        """Its mean over an interval; None where it is not known for all of it."""
        self._held = [row for row in self._held if row.start_s + row.length_s > start_s]
        while not self._held or self._held[-1].start_s + self._held[-1].length_s < end_s:
            row = next(self._rows, None)
            if row is None:
                break
            if row.start_s + row.length_s > start_s:
                self._held.append(row)
        covered = total = 0.0
        for row in self._held:
            part_s = min(end_s, row.start_s + row.length_s) - max(start_s, row.start_s)
            if part_s > 0:
                covered, total = covered + part_s, total + part_s * row.values[self._column]
        return total / covered if covered >= (end_s - start_s) * (1 - SLACK) else None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[TextIOWrapper, IO[bytes]]]:
    try:
        with path.open("rb") as raw:
            inner = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            yield TextIOWrapper(inner, encoding="utf-8", newline=""), raw
    except (OSError, EOFError) as error:
        raise Unreadable(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path} is no CSV in UTF-8: {error}") from error


def _time(path: Path, line: int, row: Mapping[str, str | None], names: Mapping[str, str]) -> int:
    text = row[names.get("epoch_s", names.get("time_utc", ""))] or ""
    try:
        if "epoch_s" in names:
            return int(float(text))
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        what = "seconds since 1970" if "epoch_s" in names else "a time like 2024-03-03T00:30:00Z"
        raise Unreadable(f"{path}:{line}: found {text!r}; {what} is expected here") from error
    if at.tzinfo is None:
        raise Unreadable(f"{path}:{line}: {text} does not say in which zone; write it as UTC: {text}Z")
    return int(at.timestamp())


def _number(path: Path, line: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise Unreadable(f"{path}:{line}: {column}: found {text!r}; a number is expected here, or nothing") from error
    if not isfinite(value) or abs(value) > MOST:
        raise Unreadable(f"{path}:{line}: {column}: {text} cannot be; leave the field empty if nobody knows")
    return value

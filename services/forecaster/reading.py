"""A history from elsewhere: lines of CSV into quarter hours. Pure.

The first line names the columns: `time_utc` (2024-03-03T12:30:00Z) or `epoch_s`, and `pv_w`, `load_w` or both, in W and
≥ 0. Each line is the mean from its time to the next one's, one hour at most; an empty field is not known.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from common.means import Part, pieces
from services.forecaster.core.quarters import Quarter

TIMES: Final = ("time_utc", "epoch_s")
POWERS: Final = ("pv_w", "load_w")
LONGEST_S: Final = 3600.0
ALWAYS_S: Final = 120.0
"""A pause so short is none, however quickly the lines follow each other elsewhere."""
COVERED: Final = 0.8
MOST_W: Final = 1_000_000.0
ASLEEP_W: Final = -100.0
"""What an inverter draws at night is not production, and counts as 0."""
MOST_MISTAKES: Final = 10
NOTHING: Final = "nothing was imported"
EXAMPLE: Final = "for example `time_utc,pv_w,load_w`"

Values = tuple[float | None, ...]


class Unreadable(Exception):
    """Raised when a file cannot be used. Holds its mistakes, each with its line."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))


@dataclass
class Reading:
    """One file, as far as it is read."""

    lines: int = 0
    _parts: tuple[dict[int, Part], ...] = field(default_factory=lambda: tuple({} for _ in POWERS))
    _mistakes: list[str] = field(default_factory=list)
    _last: tuple[float, Values] | None = None
    _step_s: float | None = None

    def take(self, lines: Iterable[str]) -> Iterator[int]:
        """Read all lines, and yield their number now and then. Raises Unreadable, after ten mistakes at most."""
        rows = csv.DictReader(lines, restkey="", restval="")
        try:
            rows.fieldnames = [name.strip() for name in rows.fieldnames or ()]
        except csv.Error as error:
            raise Unreadable([f"line 1: is no CSV ({error})", NOTHING]) from error
        columns = _columns(rows.fieldnames)
        try:
            for row in rows:
                self.lines = rows.line_num
                self._row(row, columns)
                if self.lines % 10_000 == 0:
                    yield self.lines
        except csv.Error as error:
            raise Unreadable([f"line {self.lines + 1}: is no CSV ({error})", NOTHING]) from error
        if self._last is not None:
            self._fill(self._step_s or 0.0)
        self._verdict(at_end=True)

    def quarters(self) -> list[Quarter]:
        """What is known, ascending."""
        pv, load = ({at: part.mean_w(COVERED) for at, part in parts.items()} for parts in self._parts)
        rows = (Quarter(at, pv.get(at), load.get(at)) for at in sorted({*pv, *load}))
        return [row for row in rows if (row.pv_w, row.load_w) != (None, None)]

    def _row(self, row: Mapping[str, str], columns: tuple[str, tuple[str, ...]]) -> None:
        time, powers = columns
        try:
            when_s = _instant(time, row[time])
            values = tuple(_power(name, row[name]) if name in powers else None for name in POWERS)
            self._follow(when_s, values)
        except ValueError as error:
            self._mistakes.append(f"line {self.lines}: {error}")
            self._verdict(at_end=False)

    def _follow(self, when_s: float, values: Values) -> None:
        if self._last is not None:
            passed_s = when_s - self._last[0]
            if passed_s <= 0:
                raise ValueError("is not later than the line before; sort the file by time, once each")
            self._step_s = self._step_s or min(passed_s, LONGEST_S)
            is_next = passed_s <= max(1.5 * self._step_s, ALWAYS_S)
            self._fill(min(passed_s if is_next else self._step_s, LONGEST_S))
        self._last = when_s, values

    def _fill(self, lasts_s: float) -> None:
        """The last line is about so much time."""
        assert self._last is not None
        from_s, values = self._last
        for parts, power_w in zip(self._parts, values, strict=True):
            if power_w is not None:
                for at, start_s, end_s in pieces(from_s, from_s + lasts_s):
                    parts[at] = parts.get(at, Part()).plus(end_s - start_s, power_w)

    def _verdict(self, *, at_end: bool) -> None:
        if self._mistakes and (at_end or len(self._mistakes) >= MOST_MISTAKES):
            raise Unreadable([*islice(self._mistakes, MOST_MISTAKES), NOTHING])
        if at_end and not any(self._parts):
            raise Unreadable(["no line tells a power; nothing was imported"])


def _columns(found: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The column of time and those of power."""
    time = next((name for name in TIMES if name in found), None)
    powers = tuple(name for name in POWERS if name in found)
    if time is None or not powers:
        missing = "time_utc or epoch_s" if time is None else "pv_w or load_w"
        there = ", ".join(found) or "nothing"
        raise Unreadable([f"line 1: found the columns {there[:100]}; {missing} is missing, {EXAMPLE}"])
    return time, powers


def _instant(name: str, text: str) -> float:
    try:
        if name == "epoch_s":
            return _plausible(float(text))
        when = datetime.fromisoformat(text.strip())
        return _plausible((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        example = "1709469000" if name == "epoch_s" else "2024-03-03T12:30:00Z"
        raise ValueError(f"{name}: found {text[:40]!r}; a time is expected, for example {example}") from None


def _plausible(time_s: float) -> float:
    if not 0 <= time_s < 1e11:
        raise ValueError("not in this age")
    return time_s


def _power(name: str, text: str) -> float | None:
    """In W; None for an empty field."""
    if not text.strip():
        return None
    try:
        power_w = float(text)
    except ValueError:
        power_w = float("nan")
    if ASLEEP_W <= power_w <= MOST_W:
        return max(0.0, power_w)
    what = "what the roof gives" if name == "pv_w" else "what the house itself draws"
    raise ValueError(f"{name}: found {text[:40]!r}; {what} in W is expected, from 0 to 1000000, or nothing")

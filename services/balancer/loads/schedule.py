"""In which quarter hours a load should run: three steps over the horizon, for what must run today and what may.

1. Rows whose surplus alone carries it, earliest first (needed and optional loads).
2. Rows in which the batteries carry what surplus lacks, so that nothing is imported (needed loads only).
3. The best of the remaining rows, with help of the grid (needed loads only).

Row 0 is now. A row is never booked twice for one load, and never more rows than it needs. Without a forecast the
rows to come are unknown (None): surplus may still come, so a needed load waits for it as long as its deadline lets it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from services.balancer.loads.tank import Ledger, Tank

TRUST = 1.3
"""A forecast is not believed to the letter: so many times the rows that a load needs must promise it."""
STAY_SHARE = 0.1
"""A row must be better than the one that is now by so much of its power before a load that runs on the grid stops."""
HELPFUL_SHARE = 0.6
"""With so much of its power a row is worth waiting for: it comes and goes within the quarter hour."""
ABOVE_MEAN = 1.2
"""The sun between two clouds, beside the mean of its quarter hour."""
MOST_SHARE = 2.2
"""Nobody waits for more than this share of its own power."""

Row = float | None
"""Power in W left for loads in a quarter hour, surplus > 0; None: nobody knows yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one load wants of the horizon."""

    id: str
    power_w: float
    rows: int
    """Quarter hours it still needs."""
    is_needed: bool
    place: int = 0
    """In the owner's order, 0 = first."""
    before_row: int | None = None
    """It must be done before this row; None: by the end of the horizon."""
    store_first: float = 0.0
    """Optional loads: the batteries are filled to this share (0–1) first."""
    runs: bool = False
    """It is on now."""
    overcharge: bool = False
    """It may take any surplus left over in the end, beyond its need."""


@dataclass(slots=True)
class _Book:
    """Rows as they are booked: what is left of each, and which the batteries have promised to carry."""

    left_w: list[Row]
    carried: list[bool]
    tank: Tank | None

    def take(self, row: int, power_w: float) -> None:
        left_w = self.left_w[row]
        if left_w is not None:
            self.left_w[row] = left_w - power_w


class Slots(NamedTuple):
    """When one load runs."""

    rows: tuple[int, ...]
    """Ascending."""
    on_grid: frozenset[int] = frozenset()
    """Those of them that neither sun nor batteries carry."""


def schedule(avail_w: Sequence[Row], jobs: Sequence[Job], tank: Tank | None = None) -> dict[str, Slots]:
    """The rows in which each load runs. Needed loads first, then by the owner's order, then the larger."""
    book = _Book(list(avail_w), [False] * len(avail_w), tank)
    plan: dict[str, Slots] = {}
    ranked = sorted(jobs, key=lambda job: (not job.is_needed, job.place, -job.power_w))
    for job in ranked:
        plan[job.id] = _needed(book, job) if job.is_needed else _optional(book, job)
    for job in ranked:
        if job.overcharge:
            rows = plan[job.id].rows
            plan[job.id] = plan[job.id]._replace(rows=tuple(sorted({*rows, *_left_over(book, job, rows)})))
    return plan


def _needed(book: _Book, job: Job) -> Slots:
    rows = _sunny(book.left_w, job, job.rows)
    _book(book, job, rows)
    rows |= _from_batteries(book, job, job.rows - len(rows), rows)
    rest = _best(book.left_w, job, job.rows - len(rows), rows)
    _book(book, job, rest)
    return Slots(tuple(sorted(rows | rest)), frozenset(rest))


def _optional(book: _Book, job: Job) -> Slots:
    left_w: Sequence[Row] = book.left_w
    if book.tank is not None and job.store_first > 0:
        left_w = book.tank.filled_first([row or 0.0 for row in left_w], job.store_first)
    rows = _sunny(left_w, job, job.rows)
    _book(book, job, rows)
    return Slots(tuple(sorted(rows)))


def _left_over(book: _Book, job: Job, rows: Sequence[int]) -> set[int]:
    extra = _sunny(book.left_w, job, len(book.left_w), rows)
    _book(book, job, extra)
    return extra


def _book(book: _Book, job: Job, rows: set[int]) -> None:
    for row in rows:
        book.take(row, job.power_w)


def _horizon(left_w: Sequence[Row], job: Job) -> range:
    return range(len(left_w) if job.before_row is None else max(0, min(len(left_w), job.before_row)))


def _sunny(left_w: Sequence[Row], job: Job, wanted: int, taken: Sequence[int] = ()) -> set[int]:
    """Step 1."""
    good = [row for row in _horizon(left_w, job) if row not in taken and (left_w[row] or 0.0) >= job.power_w > 0]
    return set(good[: max(0, wanted)])


def _from_batteries(book: _Book, job: Job, wanted: int, taken: set[int]) -> set[int]:
    """Step 2: rows that cost the batteries least first, as long as they carry all they have promised."""
    rows: set[int] = set()
    if book.tank is None or wanted <= 0:
        return rows
    ledger = Ledger(book.tank, [left_w or 0.0 for left_w in book.left_w], book.carried)
    for row in _cheapest(book, job, taken):
        if ledger.carry(row, job.power_w):
            rows.add(row)
        if len(rows) == wanted:
            break
    _book(book, job, rows)
    return rows


def _cheapest(book: _Book, job: Job, taken: set[int]) -> list[int]:
    """Known rows that batteries could help out in, those with the least lack first."""
    most_w = book.tank.max_discharge_w if book.tank else 0.0
    known = ((left_w, row) for row in _horizon(book.left_w, job) if (left_w := book.left_w[row]) is not None)
    lacks_w = ((job.power_w - left_w, row) for left_w, row in known)
    return [row for lack_w, row in sorted(lacks_w) if lack_w <= most_w and row not in taken]


def _best(left_w: Sequence[Row], job: Job, wanted: int, taken: set[int]) -> set[int]:
    """Step 3. Rows nobody knows may still bring sun, so they come before known rows that do not: the latest first."""
    free = [row for row in _horizon(left_w, job) if row not in taken]

    def cost(row: int) -> tuple[float, int]:
        known_w = left_w[row]
        if known_w is None:
            return -float("inf"), -row
        return -known_w - (STAY_SHARE * job.power_w if row == 0 and job.runs else 0.0), row

    return set(sorted(free, key=cost)[: max(0, wanted)])


class Outlook(NamedTuple):
    """What is still to come for one load, beyond the row that is now."""

    may_wait: bool = False
    """Rows that the sun helps to carry, or may help to, are more than it needs."""
    start_w: float = 0.0
    """Surplus worth starting on: a little more than the last of the best rows that it needs promises."""


def outlook(avail_w: Sequence[Row], job: Job) -> Outlook:
    """What a load may still hope for. The better the hours to come, the more it asks before it starts now.

    A load that has started is bound for some minutes, so one that starts on little more than it draws pays for the
    next cloud.
    """
    ahead = [avail_w[row] for row in _horizon(avail_w, job) if row]
    wanted = ceil(TRUST * job.rows)
    helpful = sum(left_w is None or left_w >= HELPFUL_SHARE * job.power_w for left_w in ahead)
    best_w = sorted((left_w for left_w in ahead if left_w is not None), reverse=True)
    last_w = best_w[wanted - 1] if 0 < wanted <= len(best_w) else 0.0
    return Outlook(0 < wanted <= helpful, min(ABOVE_MEAN * last_w, MOST_SHARE * job.power_w))

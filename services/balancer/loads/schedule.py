"""In which quarter hours a load should run: three steps over the horizon, for what must run today and what may.

1. Rows whose surplus alone carries it, earliest first (needed and optional loads).
2. Rows in which the batteries carry what surplus lacks, so that nothing is imported (needed loads only).
3. The best of the remaining rows, with help of the grid (needed loads only).

Row 0 is now. A row is never booked twice for one load, and never more rows than it needs. Without a forecast the
rows to come are unknown (None): surplus may still come, so a needed load waits for it as long as its deadline lets it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.balancer.loads.tank import Ledger, Tank

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


def schedule(avail_w: Sequence[Row], jobs: Sequence[Job], tank: Tank | None = None) -> dict[str, tuple[int, ...]]:
    """The rows in which each load runs, ascending. Needed loads first, then by the owner's order, then the larger."""
    book = _Book(list(avail_w), [False] * len(avail_w), tank)
    plan: dict[str, tuple[int, ...]] = {}
    ranked = sorted(jobs, key=lambda job: (not job.is_needed, job.place, -job.power_w))
    for job in ranked:
        rows = _needed(book, job) if job.is_needed else _optional(book, job)
        plan[job.id] = tuple(sorted(rows))
    for job in ranked:
        if job.overcharge:
            plan[job.id] = tuple(sorted({*plan[job.id], *_left_over(book, job, plan[job.id])}))
    return plan


def _needed(book: _Book, job: Job) -> set[int]:
    rows = _sunny(book.left_w, job, job.rows)
    _book(book, job, rows)
    rows |= _from_batteries(book, job, job.rows - len(rows), rows)
    rest = _best(book.left_w, job, job.rows - len(rows), rows)
    _book(book, job, rest)
    return rows | rest


def _optional(book: _Book, job: Job) -> set[int]:
    left_w: Sequence[Row] = book.left_w
    if book.tank is not None and job.store_first > 0:
        left_w = book.tank.filled_first([row or 0.0 for row in left_w], job.store_first)
    rows = _sunny(left_w, job, job.rows)
    _book(book, job, rows)
    return rows


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
    known = [
        (job.power_w - left_w, row) for row in _horizon(book.left_w, job) if (left_w := book.left_w[row]) is not None
    ]
    for lack_w, row in sorted(known):
        if len(rows) == wanted or lack_w > book.tank.max_discharge_w:
            break
        if row not in taken and ledger.carry(row, job.power_w):
            rows.add(row)
    _book(book, job, rows)
    return rows


def _best(left_w: Sequence[Row], job: Job, wanted: int, taken: set[int]) -> set[int]:
    """Step 3. Rows nobody knows may still bring sun, so they come before known rows that do not: the latest first."""
    free = [row for row in _horizon(left_w, job) if row not in taken]

    def cost(row: int) -> tuple[float, int]:
        known_w = left_w[row]
        return (-float("inf"), -row) if known_w is None else (-known_w, row)

    return set(sorted(free, key=cost)[: max(0, wanted)])


def runs_now(plan: Mapping[str, Sequence[int]], device: str) -> bool:
    """Whether a load is to run in the row that is now."""
    return 0 in plan.get(device, ())

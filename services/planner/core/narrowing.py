"""Which whole columns are worth a search: those that are cheap by the prices of the relaxed program.

A day of quarter hours has hundreds of possible starts, and nearly all are nonsense. Beside the plan that is known
already, each job keeps some times more than it needs, the cheapest first.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from services.planner.core.model import Model, slots_needed
from services.planner.core.problem import Job

MANY: Final = 150
"""With fewer whole columns everything is searched."""
SLOTS_PER_NEED: Final = 2
SLOTS_MORE: Final = 4
STARTS: Final = 8


def left_out(model: Model, duals: Sequence[float], known: Mapping[int, float]) -> Collection[int]:
    """Columns of jobs that are held at 0. `duals`: of the relaxed program; `known`: a plan to keep."""
    slots = range(len(model.problem.hours))
    prices = [sum(duals[trade.balance[slot]] for trade in model.trades) for slot in slots]
    kept = {column for column, value in known.items() if value}
    for job, columns, starts in zip(model.problem.jobs, model.running, model.starts, strict=True):
        needed = slots_needed(model.problem, job)
        kept.update(_slots(job, columns, prices, needed) if job.is_interruptible else _starts(starts, columns, prices))
    return known.keys() - kept


def _slots(job: Job, columns: Sequence[Sequence[int]], prices: Sequence[float], needed: int) -> Iterator[int]:
    """The slots of the cheapest runs that are long enough."""
    run, free = job.min_run_slots, {slot for slot, each in enumerate(columns) if each}
    begins = sorted((slot for slot in free if slot + run - 1 in free), key=lambda slot: sum(prices[slot : slot + run]))
    enough, kept = SLOTS_PER_NEED * needed + SLOTS_MORE, set[int]()
    for begin in begins:
        if len(kept) >= enough:
            break
        kept.update(range(begin, begin + run))
    return (columns[slot][0] for slot in kept)


def _starts(starts: Sequence[int], columns: Sequence[Sequence[int]], prices: Sequence[float]) -> Sequence[int]:
    """The starts of the cheapest whole runs."""
    costs = dict.fromkeys(starts, 0.0)
    for slot, each in enumerate(columns):
        for start in each:
            costs[start] += prices[slot]
    return sorted(starts, key=lambda start: costs[start])[:STARTS]

"""A possible plan without a solver: each job in the cheapest slots that are left. Where the search begins."""

from collections.abc import Iterable, Mapping

from services.planner.core.model import Model, slots_needed, window
from services.planner.core.plan import Runs
from services.planner.core.problem import Job, Problem


def greedy(problem: Problem) -> Runs:
    """Needed jobs first, the earliest deadline first; sun that one has taken is not there for the next."""
    costs = _Costs(problem)
    runs = [frozenset[int]()] * len(problem.jobs)
    ranked = sorted(enumerate(problem.jobs), key=lambda each: (not each[1].is_needed, each[1].before_slot, each[0]))
    for place, job in ranked:
        slots = _cheapest(problem, job, costs) if job.is_needed else _must(job)
        costs.take(slots, job.power_w)
        runs[place] = frozenset(slots)
    return runs


class _Costs:
    """What running something in a slot costs, with the sun that is left."""

    def __init__(self, problem: Problem) -> None:
        self._paid = problem.expected_import_eur_per_kwh()
        self._received = problem.expected_export_eur_per_kwh()
        self._left_w = [-base_w for base_w in problem.expected_base_w()]
        self._hours = problem.hours

    def eur(self, slot: int, power_w: float) -> float:
        sun_w = min(power_w, max(0.0, self._left_w[slot]))
        per_h = sun_w * self._received[slot] + (power_w - sun_w) * self._paid[slot]
        return per_h / 1000 * self._hours[slot]

    def take(self, slots: Iterable[int], power_w: float) -> None:
        for slot in slots:
            self._left_w[slot] -= power_w


def _cheapest(problem: Problem, job: Job, costs: _Costs) -> set[int]:
    free, count, must = window(problem, job), slots_needed(problem, job), _must(job)
    if job.is_interruptible and job.min_run_slots <= 1:
        ranked = sorted((slot for slot in free if slot not in must), key=lambda slot: costs.eur(slot, job.power_w))
        return must | set(ranked[: max(0, count - len(must))])
    length = max(count, job.min_run_slots, len(must))
    if must or length > len(free):
        return set(free[:length]) if job.is_interruptible or must else set()
    begins = range(free.start, free.stop - length + 1)
    best = min(begins, key=lambda begin: sum(costs.eur(slot, job.power_w) for slot in range(begin, begin + length)))
    return set(range(best, best + length))


def _must(job: Job) -> set[int]:
    return set(range(min(job.must_run_slots, job.before_slot)))


def hint(model: Model, runs: Runs) -> Mapping[int, float]:
    """The whole columns of the jobs for those runs."""
    values: dict[int, float] = {}
    for job, columns, starts, slots in zip(model.problem.jobs, model.running, model.starts, runs, strict=True):
        if job.is_interruptible:
            running = {each[0]: slot in slots or slot < job.must_run_slots for slot, each in enumerate(columns) if each}
            values |= {column: float(runs) for column, runs in running.items()}
        else:
            begun = columns[min(slots)][-1:] if slots and min(slots) < len(columns) else []
            values |= {start: float(start in begun) for start in starts}
    return values

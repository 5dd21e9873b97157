"""The program of a problem: what the columns and rows mean, and where to find them again.

Nothing here can be impossible: a limit or a need that cannot be kept is missed at a price above all others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil, isinf
from typing import Final, NamedTuple

from services.planner.core.problem import Car, Job, Problem, Scenario, Store, end_value_eur_per_kwh
from services.planner.core.program import Program, Term

OVER_LIMIT_EUR_PER_KWH: Final = 20.0
"""For power beyond the connection's limit."""
SHORT_EUR_PER_KWH: Final = 5.0
"""For a need that is missed, above what electricity costs at its dearest."""
OPTIONAL_EXTRA_EUR_PER_KWH: Final = 0.001
SURELY_KW: Final = 1000.0
"""More than any house draws."""
ROUNDING: Final = 1e-6
BRIEF: Final = 1e-6
"""Cost of a kWh an hour later, so that of two equal plans the earlier one is taken."""


class Flow(NamedTuple):
    """The columns of a battery in one scenario, per slot: kW in, kW out, kWh at the end; and its balance row."""

    charge: list[int]
    discharge: list[int]
    level: list[int]
    balance: list[int]


class Trade(NamedTuple):
    """The columns of the grid in one scenario, per slot, in kW: within the limit, and beyond it if there is one."""

    imported: list[list[int]]
    exported: list[list[int]]
    balance: list[int]
    """Its rows: what is bought is used."""


@dataclass(slots=True)
class Model:
    """The program, and where everything is in it."""

    problem: Problem
    program: Program = field(default_factory=Program)
    running: list[list[list[int]]] = field(default_factory=list)
    """Per job and slot: the whole columns of which at most one is 1; it runs if one is."""
    starts: list[list[int]] = field(default_factory=list)
    """Per job and slot: a job that runs whole starts here. Empty for one that may pause."""
    short: list[int | None] = field(default_factory=list)
    """Per job: kWh that are missing in the end; None for an optional one."""
    cars: list[list[int]] = field(default_factory=list)
    """Per car and slot: kW."""
    cars_short: list[int] = field(default_factory=list)
    flows: list[list[Flow]] = field(default_factory=list)
    """Per scenario and store."""
    trades: list[Trade] = field(default_factory=list)
    """Per scenario."""

    def drawn(self, slot: int) -> Iterator[Term]:
        """What jobs and cars draw in a slot: columns, and the kW of each of their units."""
        for job, columns in zip(self.problem.jobs, self.running, strict=True):
            for column in columns[slot]:
                yield column, job.power_w / 1000
        for powers in self.cars:
            if powers[slot] >= 0:
                yield powers[slot], 1.0


def build(problem: Problem) -> Model:
    """Put the program together."""
    model = Model(problem)
    for job in problem.jobs:
        _add_job(model, job)
    for car in problem.cars:
        _add_car(model, car)
    peak = _peak(model)
    for scenario in problem.scenarios:
        flows = [_add_store(model, scenario, place) for place in range(len(problem.stores))]
        model.flows.append(flows)
        model.trades.append(_add_grid(model, scenario, flows, peak))
    return model


def slots_needed(problem: Problem, job: Job) -> int:
    """Slots that a job must run, from its first possible one, to get what it needs."""
    left_kwh, slots = job.needed_wh / 1000, 0
    for hours in problem.hours[job.from_slot : job.before_slot]:
        if left_kwh <= 1e-9:
            break
        left_kwh -= hours * job.power_w / 1000
        slots += 1
    usual_kwh = max(problem.hours) * job.power_w / 1000
    return slots + (ceil(left_kwh / usual_kwh - 1e-9) if left_kwh > 1e-9 else 0)


def window(problem: Problem, job: Job | Car) -> range:
    """The slots in which a job may run."""
    return range(job.from_slot, min(len(problem.hours), job.before_slot))


def _add_job(model: Model, job: Job) -> None:
    problem, program = model.problem, model.program
    columns: list[list[int]] = [[] for _ in problem.hours]
    starts: list[int] = []
    if job.is_interruptible:
        for slot in window(problem, job):
            must = slot < job.must_run_slots
            columns[slot] = [program.column(float(must), 1.0, cost=BRIEF * slot, is_whole=True)]
        _keep_running(model, job, columns)
    else:
        starts = _start_once(model, job, columns)
    model.running.append(columns)
    model.starts.append(starts)
    model.short.append(_add_need(model, job, columns))


def _start_once(model: Model, job: Job, columns: list[list[int]]) -> list[int]:
    """One start column for each slot from which the whole run still fits."""
    problem, program = model.problem, model.program
    length, free = max(job.must_run_slots, slots_needed(problem, job)), window(problem, job)
    begins = [free.start] if job.must_run_slots else range(free.start, free.stop - length + 1)
    starts = [program.column(float(job.must_run_slots > 0), 1.0, cost=BRIEF * slot, is_whole=True) for slot in begins]
    for begin, start in zip(begins, starts, strict=True):
        for slot in range(begin, min(begin + length, free.stop)):
            columns[slot].append(start)
    if starts:
        program.row([(start, 1.0) for start in starts], high=1.0)
    return starts


def _keep_running(model: Model, job: Job, columns: list[list[int]]) -> None:
    """Once started, an interruptible job runs for some slots: a start forces those that follow, and must fit."""
    free = window(model.problem, job)
    length = min(job.min_run_slots, len(free))
    if length <= 1:
        return
    for begin in free:
        before = [] if begin == free.start else [(columns[begin - 1][0], -1.0)]
        if not before and job.is_running:
            continue
        if begin + length > free.stop:
            model.program.row([(columns[begin][0], 1.0), *before], high=0.0)
        for slot in range(begin + 1, min(begin + length, free.stop)):
            terms = [(columns[begin][0], 1.0), *before, (columns[slot][0], -1.0)]
            model.program.row(terms, high=0.0)


def _add_need(model: Model, job: Job, columns: list[list[int]]) -> int | None:
    problem, program = model.problem, model.program
    energy = [
        (column, job.power_w / 1000 * problem.hours[slot]) for slot, each in enumerate(columns) for column in each
    ]
    terms = _merged(energy)
    needed_kwh, slot_kwh = job.needed_wh / 1000, job.power_w / 1000 * max(problem.hours)
    if job.is_needed:
        short = program.column(0.0, cost=SHORT_EUR_PER_KWH)
        program.row([*terms, (short, 1.0)], low=needed_kwh)
        more = max(job.min_run_slots, job.must_run_slots) + 1  # the first slot may be shorter than the others
        program.row(terms, high=needed_kwh + slot_kwh * more)
        return short
    worth = job.worth_eur_per_kwh
    for column, kwh in energy:
        slot_worth = max(problem.expected_export_eur_per_kwh()) + OPTIONAL_EXTRA_EUR_PER_KWH if worth is None else worth
        program.cost[column] -= slot_worth * kwh
    more = max(job.must_run_slots, 0 if job.is_interruptible else 2)
    program.row(terms, high=needed_kwh + slot_kwh * more + ROUNDING)
    return None


def _merged(terms: Sequence[Term]) -> list[Term]:
    total: dict[int, float] = {}
    for column, factor in terms:
        total[column] = total.get(column, 0.0) + factor
    return list(total.items())


def _add_car(model: Model, car: Car) -> None:
    problem, program = model.problem, model.program
    powers = [-1] * len(problem.hours)
    for slot in window(problem, car):
        powers[slot] = power = program.column(0.0, car.max_w / 1000, cost=BRIEF * slot)
        if car.min_w > 0:
            on = program.column(0.0, 1.0, is_whole=True)
            program.row([(power, 1.0), (on, -car.min_w / 1000)], low=0.0)
            program.row([(power, 1.0), (on, -car.max_w / 1000)], high=0.0)
    terms = [(powers[slot], problem.hours[slot]) for slot in window(problem, car)]
    short = program.column(0.0, cost=SHORT_EUR_PER_KWH)
    program.row([*terms, (short, 1.0)], low=car.needed_wh / 1000)
    program.row(terms, high=car.needed_wh / 1000)
    model.cars.append(powers)
    model.cars_short.append(short)


def _peak(model: Model) -> int | None:
    limits = model.problem.limits
    if limits.peak_eur_per_kw <= 0:
        return None
    return model.program.column(limits.peak_so_far_w / 1000, cost=limits.peak_eur_per_kw)


def _add_store(model: Model, scenario: Scenario, place: int) -> Flow:
    """A battery in one scenario. Before `common_slots` it has the columns of the first scenario."""
    problem, program, store = model.problem, model.program, model.problem.stores[place]
    first = model.flows[0][place] if model.flows else None
    common = problem.common_slots if first else 0
    flow = Flow([], [], [], [])
    if first:
        for mine, others in zip(flow, first, strict=True):
            mine.extend(others[:common])
    for slot in range(common, len(problem.hours)):
        _add_store_slot(model, scenario, store, flow, slot)
    end = end_value_eur_per_kwh(store, problem.expected_import_eur_per_kwh())
    program.cost[flow.level[-1]] -= scenario.probability * end
    return flow


def _add_store_slot(model: Model, scenario: Scenario, store: Store, flow: Flow, slot: int) -> None:
    problem, program = model.problem, model.program
    share = 1.0 if slot < problem.common_slots else scenario.probability
    hours = problem.hours[slot]
    charge = program.column(0.0, store.max_charge_w / 1000, cost=BRIEF * share * hours)
    wear = store.wear_eur_per_kwh * share * hours
    discharge = program.column(0.0, store.max_discharge_w / 1000, cost=wear + BRIEF * share * hours)
    level = program.column(store.low_wh / 1000, store.high_wh / 1000)
    before = [(flow.level[-1], -1.0)] if flow.level else []
    held_kwh = 0.0 if flow.level else store.stored_wh / 1000
    row = program.row(
        [
            (level, 1.0), *before,
            (charge, -hours * store.charge_efficiency), (discharge, hours / store.discharge_efficiency),
        ],
        low=held_kwh, high=held_kwh,
    )  # fmt: skip
    if scenario.import_eur_per_kwh[slot] < 0 or scenario.export_eur_per_kwh[slot] < 0:
        charges = program.column(0.0, 1.0, is_whole=True)  # or it would heat the cellar with electricity it is paid for
        program.row([(charge, 1.0), (charges, -store.max_charge_w / 1000)], high=0.0)
        most_kw = store.max_discharge_w / 1000
        program.row([(discharge, 1.0), (charges, most_kw)], high=most_kw)
    for mine, column in zip(flow, (charge, discharge, level, row), strict=True):
        mine.append(column)


def _add_grid(model: Model, scenario: Scenario, flows: Sequence[Flow], peak: int | None) -> Trade:
    problem, program = model.problem, model.program
    trade = Trade([], [], [])
    for slot, hours in enumerate(problem.hours):
        weight = scenario.probability * hours
        paid, received = scenario.import_eur_per_kwh[slot], scenario.export_eur_per_kwh[slot]
        imported = program.column(0.0, cost=weight * paid)
        exported = program.column(0.0, cost=-weight * received)
        bought, sold = [imported], [exported]
        _limit(program, bought, problem.limits.max_import_w, weight)
        _limit(program, sold, problem.limits.max_export_w, weight)
        terms = [*((column, 1.0) for column in bought), *((column, -1.0) for column in sold)]
        terms += [(column, -factor) for column, factor in model.drawn(slot)]
        for flow in flows:
            terms += [(flow.charge[slot], -1.0), (flow.discharge[slot], 1.0)]
        base_kw = scenario.base_w[slot] / 1000
        trade.balance.append(program.row(terms, low=base_kw, high=base_kw))
        if paid < received:
            imports = program.column(0.0, 1.0, is_whole=True)  # or it would trade with itself
            program.row([(imported, 1.0), (imports, -SURELY_KW)], high=0.0)
            program.row([(exported, 1.0), (imports, SURELY_KW)], high=SURELY_KW)
        if peak is not None:
            program.row([*((column, 1.0) for column in bought), (peak, -1.0)], high=0.0)
        trade.imported.append(bought)
        trade.exported.append(sold)
    return trade


def _limit(program: Program, columns: list[int], most_w: float, weight: float) -> None:
    """A limit as a bound, and a column for what goes beyond: priced like the first, and far above it."""
    if not isinf(most_w):
        program.high[columns[0]] = most_w / 1000
        columns.append(program.column(cost=program.cost[columns[0]] + weight * OVER_LIMIT_EUR_PER_KWH))

"""From a problem to a plan: build the program, solve it, read what it says."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from common.execution import Act, Intent
from services.planner.core.greedy import greedy, hint
from services.planner.core.model import Flow, Model, build
from services.planner.core.narrowing import MANY, left_out
from services.planner.core.plan import Plan, Runs
from services.planner.core.problem import Problem, Store
from services.planner.core.solver import TIME_LIMIT_S, Solution, Unsolved, relaxed, solve

IDLE_KW: Final = 0.02
"""Less than this is nothing."""
IDLE_KWH: Final = 0.005
RUNNING: Final = 0.5

Values = Sequence[float]


def plan(problem: Problem, before: Runs | None = None, time_limit_s: float = TIME_LIMIT_S) -> Plan:
    """The best plan found in time. `before`: the runs of the plan of the step before, moved to these slots."""
    model = build(problem)
    if before is not None and len(before) == len(problem.jobs):
        with suppress(Unsolved):  # what was possible a step before need not be so now
            return _searched(model, before, time_limit_s)
    return _searched(model, greedy(problem), time_limit_s)


def _searched(model: Model, runs: Runs, time_limit_s: float) -> Plan:
    begin = hint(model, runs)
    zero = left_out(model, relaxed(model.program).duals, begin) if len(model.program.whole) > MANY else ()
    return _read(model, solve(model.program, begin, time_limit_s, zero))


def later(runs: Runs, slots: int) -> Runs:
    """The same runs, some slots later."""
    return [frozenset(slot - slots for slot in each if slot >= slots) for each in runs]


def _read(model: Model, solution: Solution) -> Plan:
    values, problem = solution.values, model.problem
    import_kw = _expected(model, [[_sum(values, slot) for slot in trade.imported] for trade in model.trades])
    export_kw = _expected(model, [[_sum(values, slot) for slot in trade.exported] for trade in model.trades])
    grid_kw = [bought - sold for bought, sold in zip(import_kw, export_kw, strict=True)]
    runs = [frozenset(_slots(columns, values)) for columns in model.running]
    return Plan(
        acts=dict(_store_acts(model, values, grid_kw)) | _job_acts(problem, runs) | dict(_car_acts(model, values)),
        grid_w=[1000 * each for each in grid_kw],
        import_w=[1000 * each for each in import_kw],
        export_w=[1000 * each for each in export_kw],
        cost_eur=_costs(model, values),
        price_eur_per_kwh=[
            sum(solution.duals[trade.balance[slot]] for trade in model.trades) / hours
            for slot, hours in enumerate(problem.hours)
        ],
        value_eur_per_kwh=_worth(model, solution.duals),
        stored_wh={
            store.device: [1000 * each for each in _course(model, place, values, "level")]
            for place, store in enumerate(problem.stores)
        },
        short_wh=_short(model, values),
        runs=runs,
        gap_eur=max(0.0, solution.cost_eur - solution.bound_eur),
    )


def _sum(values: Values, columns: Sequence[int]) -> float:
    return sum(values[column] for column in columns)


def _slots(columns: Sequence[Sequence[int]], values: Values) -> Iterator[int]:
    return (slot for slot, each in enumerate(columns) if _sum(values, each) > RUNNING)


def _expected(model: Model, per_scenario: Sequence[Values]) -> list[float]:
    """The mean over the scenarios, per slot."""
    shares = [scenario.probability for scenario in model.problem.scenarios]
    return [sum(map(float.__mul__, shares, each)) for each in zip(*per_scenario, strict=True)]


def _course(model: Model, place: int, values: Values, part: str) -> list[float]:
    """Power or energy of a battery, per slot."""
    flows: list[Flow] = [each[place] for each in model.flows]
    return _expected(model, [[values[column] for column in getattr(flow, part)] for flow in flows])


def _store_acts(model: Model, values: Values, grid_kw: Values) -> Iterator[tuple[str, list[Act]]]:
    for place, store in enumerate(model.problem.stores):
        charge, discharge, level = (_course(model, place, values, part) for part in ("charge", "discharge", "level"))
        yield (
            store.device,
            [
                _store_act(store, took - gave, grid, end)
                for took, gave, grid, end in zip(charge, discharge, grid_kw, level, strict=True)
            ],
        )


def _store_act(store: Store, power_kw: float, grid_kw: float, end_kwh: float) -> Act:
    """A battery that charges while the house imports is told to; one that could help and does not, holds."""
    if power_kw > IDLE_KW and grid_kw > IDLE_KW:
        return Act(Intent.CHARGE, 1000 * power_kw)
    if power_kw < -IDLE_KW and grid_kw < -IDLE_KW:
        return Act(Intent.DISCHARGE, 1000 * power_kw)
    could_give = grid_kw > IDLE_KW and end_kwh > store.low_wh / 1000 + IDLE_KWH
    could_take = grid_kw < -IDLE_KW and end_kwh < store.high_wh / 1000 - IDLE_KWH
    if abs(power_kw) <= IDLE_KW and (could_give or could_take):
        return Act(Intent.HOLD, 1000 * power_kw)
    return Act(Intent.BALANCE, 1000 * power_kw)


def _job_acts(problem: Problem, runs: Runs) -> dict[str, list[Act]]:
    """A device may have several jobs, one per day; it runs when one of them does."""
    wait, acts = Act(Intent.WAIT, 0.0), dict[str, list[Act]]()
    for job, slots in zip(problem.jobs, runs, strict=True):
        course = acts.setdefault(job.device, [wait] * len(problem.hours))
        for slot in slots:
            course[slot] = Act(Intent.RUN, job.power_w)
    return acts


def _car_acts(model: Model, values: Values) -> Iterator[tuple[str, list[Act]]]:
    for car, columns in zip(model.problem.cars, model.cars, strict=True):
        powers_kw = [values[column] if column >= 0 else 0.0 for column in columns]
        yield (
            car.device,
            [
                Act(Intent.RUN, 1000 * power_kw) if power_kw > IDLE_KW else Act(Intent.WAIT, 0.0)
                for power_kw in powers_kw
            ],
        )


def _costs(model: Model, values: Values) -> list[float]:
    per_scenario = []
    for scenario, trade in zip(model.problem.scenarios, model.trades, strict=True):
        per_scenario.append([
            hours * (_sum(values, bought) * scenario.import_eur_per_kwh[slot]
                     - _sum(values, sold) * scenario.export_eur_per_kwh[slot])
            for slot, (hours, bought, sold) in enumerate(
                zip(model.problem.hours, trade.imported, trade.exported, strict=True))
        ])  # fmt: skip
    return _expected(model, per_scenario)


def _worth(model: Model, duals: Values) -> list[float]:
    """What one more kWh in the batteries would save: the duals of their balances, the mean by what they hold."""
    stores = model.problem.stores
    total_wh = sum(store.capacity_wh for store in stores)
    worth = [0.0] * len(model.problem.hours)
    for place, store in enumerate(stores):
        rows = [flows[place].balance for flows in model.flows]
        for slot in range(len(worth)):
            different = {each[slot] for each in rows}
            worth[slot] -= sum(duals[row] for row in different) * store.capacity_wh / total_wh
    return worth


def _short(model: Model, values: Values) -> Mapping[str, float]:
    """What is missing in the end, where more than a rounding is."""
    missing = [
        *((job.device, short) for job, short in zip(model.problem.jobs, model.short, strict=True) if short is not None),
        *((car.device, short) for car, short in zip(model.problem.cars, model.cars_short, strict=True)),
    ]
    told: dict[str, float] = {}
    for device, short in missing:
        if values[short] > IDLE_KWH / 5:
            told[device] = told.get(device, 0.0) + 1000 * values[short]
    return told

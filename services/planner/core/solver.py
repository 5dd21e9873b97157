"""HiGHS, asked one program at a time: the best found in time, never nothing."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from highspy import Highs, HighsLp, HighsModelStatus, HighsStatus, HighsVarType, MatrixFormat, ObjSense, SolutionStatus

from services.planner.core.program import Program

GAP_EUR: Final = 0.01
"""A plan that may be better by no more than this is good enough …"""
GAP: Final = 0.005
"""… or by this share of its cost."""
TIME_LIMIT_S: Final = 2.0


class Unsolved(Exception):
    """Raised when a program without whole numbers has no solution: our rows contradict each other."""


class Solution(NamedTuple):
    """What HiGHS found."""

    values: Sequence[float]
    """Of each column."""
    duals: Sequence[float]
    """Of each row: what one more unit on its right side would cost."""
    cost_eur: float
    bound_eur: float
    """None of those that were searched costs less; equal to the cost where there are no whole numbers."""


def solve(
    program: Program, hint: Mapping[int, float], time_limit_s: float = TIME_LIMIT_S, zero: Collection[int] = ()
) -> Solution:
    """The best found in time.

    `hint`: whole columns of a plan that is known to be possible; kept if time is short. `zero`: whole columns that are
    not searched. The duals belong to the whole numbers found, held fixed. Raises Unsolved if there is no solution.
    """
    if not program.whole:
        return relaxed(program)
    whole = dict(hint)
    highs = _loaded(program, dict.fromkeys(zero, 0.0), is_relaxed=False)
    columns = np.fromiter(whole, dtype=np.int32, count=len(whole))
    highs.setSolution(len(whole), columns, np.fromiter(whole.values(), dtype=np.float64, count=len(whole)))
    highs.setOptionValue("time_limit", time_limit_s)
    highs.run()
    info = highs.getInfo()
    found = info.primal_solution_status == SolutionStatus.kSolutionStatusFeasible
    if found:
        values = highs.getSolution().col_value
        whole = {column: round(values[column]) for column in program.whole}
    fixed = _continuous(program, whole)
    bound = min(info.mip_dual_bound, fixed.cost_eur) if found else float("-inf")
    return fixed._replace(bound_eur=bound)


def relaxed(program: Program) -> Solution:
    """The best if whole numbers need not be whole. Raises Unsolved if there is no solution."""
    return _continuous(program, {})


def _continuous(program: Program, fixed: Mapping[int, float]) -> Solution:
    highs = _loaded(program, fixed, is_relaxed=True)
    highs.run()
    if highs.getModelStatus() != HighsModelStatus.kOptimal:
        raise Unsolved(f"no solution: {highs.modelStatusToString(highs.getModelStatus())}")
    solution, cost = highs.getSolution(), highs.getInfo().objective_function_value
    return Solution(solution.col_value, solution.row_dual, cost, cost)


def _loaded(program: Program, fixed: Mapping[int, float], *, is_relaxed: bool) -> Highs:
    """A new HiGHS with the program in it, some of its columns held fixed."""
    model = HighsLp()
    low, high = np.array(program.low), np.array(program.high)
    for column, value in fixed.items():
        low[column] = high[column] = value
    model.num_col_, model.num_row_ = len(program.low), len(program.row_low)
    model.col_lower_, model.col_upper_, model.col_cost_ = low, high, np.array(program.cost)
    model.row_lower_, model.row_upper_ = np.array(program.row_low), np.array(program.row_high)
    model.sense_ = ObjSense.kMinimize
    model.a_matrix_.format_ = MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.array(program.starts, dtype=np.int32)
    model.a_matrix_.index_ = np.array(program.columns, dtype=np.int32)
    model.a_matrix_.value_ = np.array(program.factors)
    if not is_relaxed:
        kinds = [HighsVarType.kContinuous] * len(program.low)
        for column in program.whole:
            kinds[column] = HighsVarType.kInteger
        model.integrality_ = kinds
    highs = Highs()  # type: ignore[no-untyped-call] # its only function without types
    for option, value in (
        ("output_flag", False), ("threads", 1), ("random_seed", 0), ("mip_abs_gap", GAP_EUR), ("mip_rel_gap", GAP),
    ):  # fmt: skip
        highs.setOptionValue(option, value)
    if highs.passModel(model) == HighsStatus.kError:
        raise Unsolved("the program is malformed")
    return highs

"""Perfect foresight: what a period could have cost at best. No policy can do better, so it is the measure of all.

A linear program: loads may be dosed and pause as they like, and a battery may charge and discharge at once where
prices are negative, so that it errs on the side of too good.
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.planner.core.model import build
from services.planner.core.problem import Problem
from services.planner.core.solver import relaxed


class Foresight(NamedTuple):
    """The best course of a period. Powers in W per slot; + consumes."""

    jobs_w: Sequence[Sequence[float]]
    """Per job."""
    batteries_w: Sequence[float]
    stored_wh: Sequence[Sequence[float]]
    """Per battery: at the end of each slot."""
    short_wh: Sequence[float]
    """Per job: what nobody could have met."""


def foresee(problem: Problem) -> Foresight:
    """The best course of a period of which everything is known: its only scenario."""
    model = build(problem)
    values = relaxed(model.program).values
    flows, slots = model.flows[0], range(len(problem.hours))
    return Foresight(
        jobs_w=[
            [job.power_w * sum(values[column] for column in columns[slot]) for slot in slots]
            for job, columns in zip(problem.jobs, model.running, strict=True)
        ],
        batteries_w=[
            1000 * sum(values[flow.charge[slot]] - values[flow.discharge[slot]] for flow in flows) for slot in slots
        ],
        stored_wh=[[1000 * values[column] for column in flow.level] for flow in flows],
        short_wh=[0.0 if column is None else 1000 * values[column] for column in model.short],
    )

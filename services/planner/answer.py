"""One question answered: the plan, and what the batteries should do in the running slot. Pure, and slow."""

from dataclasses import replace
from typing import NamedTuple

from services.planner.core.guidance import guidance
from services.planner.core.plan import Plan
from services.planner.core.planning import plan
from services.planner.question import Course, Question


class Answer(NamedTuple):
    """What is to be told."""

    question: Question
    plan: Plan
    """In its running slot batteries act as the uncertainty of the hours to come advises."""
    value_eur_per_kwh: float | None
    """What stored energy is worth now; None without a battery."""
    course: Course
    """Where the next search begins."""


def answer(question: Question, before: Course, time_limit_s: float) -> Answer:
    """The best plan found in time. `before`: of the plan before. Raises Unsolved if there is none."""
    problem = question.problem
    found = plan(problem, question.runs(before), time_limit_s)
    guide = guidance(problem, found, question.outlook.ways_w)
    acts = {
        name: [guide.acts[name], *course[1:]] if name in guide.acts else course for name, course in found.acts.items()
    }
    value = guide.value_eur_per_kwh if problem.stores else None
    return Answer(question, replace(found, acts=acts), value, question.course(found.runs))

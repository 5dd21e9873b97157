"""What a policy is, and the one this is about: the shipping planner, carried out against what really came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from common.execution import Moment, battery_w
from services.planner.core.execution import runs_now
from services.planner.core.guidance import Guidance, guidance
from services.planner.core.plan import Plan, Runs
from services.planner.core.planning import later, plan
from services.planner.core.problem import Problem, Scenario, Store
from services.replay.expecting import Expecting
from services.replay.house import House
from services.replay.steps import Slot, Step

SEARCH_S: Final = 10.0


class Policy(Protocol):
    """Something that lives through the period slot by slot."""

    def live(self, ahead: Sequence[Slot]) -> None:
        """The first of these slots passes; of the others a policy may know what its kind may know."""

    def end(self) -> None:
        """The period is over."""

    def outcome(self) -> House:
        """The house it has lived in."""

    def told(self) -> str:
        """What is to be said about it; empty: nothing."""


@dataclass(slots=True)
class Ballast:
    """`ballast`: the shipping planner at each slot, and its execution at each step."""

    house: House
    expecting: Expecting
    is_told: bool = False
    """It is told the truth instead of a forecast: what a perfect forecaster would bring."""
    _runs: Runs | None = None

    def live(self, ahead: Sequence[Slot]) -> None:
        now = ahead[0]
        self.house.begin(now.steps[0])
        problem = self._problem(ahead)
        found = plan(problem, self._runs, SEARCH_S)
        guide = guidance(problem, found, [(0.0,)] * len(ahead) if self.is_told else self.expecting.ways_w(ahead))
        self._runs = later(found.runs, 1)
        for step in now.steps:
            self.house.begin(step)
            self.house.live(step, self._running(problem, found, guide, step), _wish(guide, step))
        self.expecting.learn(now)

    def end(self) -> None:
        """Of the last day, what is left is missing."""
        self.house.end()

    def outcome(self) -> House:
        return self.house

    def told(self) -> str:
        return ""

    def _running(self, problem: Problem, found: Plan, guide: Guidance, step: Step) -> set[str]:
        """Loads that may not pause as planned, the others where now is as cheap as later; the late ones in any case."""
        running, rest_w = self.house.chores.urgent(step.start_s), step.load_w - step.production_w
        for place, job in enumerate(problem.jobs):
            moment = Moment(rest_w, step.import_eur_per_kwh, step.export_eur_per_kwh)
            if job.from_slot > 0:
                continue
            if job.is_interruptible and runs_now(moment, found, problem, place, guide.value_eur_per_kwh):
                running.add(job.device)
            if not job.is_interruptible and 0 in found.runs[place]:
                running.add(job.device)
            rest_w += job.power_w if job.device in running else 0.0
        return running

    def _problem(self, ahead: Sequence[Slot]) -> Problem:
        base_w = [slot.base_w for slot in ahead] if self.is_told else self.expecting.base_w(ahead)
        return Problem(
            hours=[slot.hours for slot in ahead],
            scenarios=[scenario(ahead, base_w)],
            stores=self.house.stores(),
            jobs=list(self.house.chores.jobs(ahead)),
        )


def scenario(ahead: Sequence[Slot], base_w: Sequence[float]) -> Scenario:
    """What is known of the prices ahead, and what is expected of the house."""
    return Scenario(
        import_eur_per_kwh=[slot.import_eur_per_kwh for slot in ahead],
        export_eur_per_kwh=[slot.export_eur_per_kwh for slot in ahead],
        base_w=base_w,
    )


def _wish(guide: Guidance, step: Step) -> Callable[[Store, float], float]:
    def wish(store: Store, rest_w: float) -> float:
        moment = Moment(rest_w, step.import_eur_per_kwh, step.export_eur_per_kwh)
        return battery_w(moment, guide.acts[store.device], guide.value_eur_per_kwh, store)

    return wish

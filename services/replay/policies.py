"""The policies that live through the same period side by side, each in a house of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from services.planner.core.execution import Moment, battery_w
from services.planner.core.guidance import Guidance, guidance
from services.planner.core.oracle import Foresight, foresee
from services.planner.core.plan import Runs
from services.planner.core.planning import later, plan
from services.planner.core.problem import Job, Problem, Scenario, Store
from services.replay.expecting import Expecting
from services.replay.house import House, idle
from services.replay.steps import Slot, Step

CHEAP_SHARES: Final = (0.0, 0.1, 0.2, 0.3)
"""`rule-tuned`: of the hours to come, so many are cheap enough to charge from the grid …"""
DEAR_SHARES: Final = (0.0, 0.25, 0.5, 0.75)
"""… and so many too cheap to give."""
DAY_H: Final = 24.0
SEARCH_S: Final = 10.0
ORACLE_SLOTS: Final = 6000
"""What the oracle looks at in one piece."""
OVERLAP_SLOTS: Final = 200
"""What it sees beyond, so that a piece does not end with empty batteries."""


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
class Nothing:
    """`none`: batteries stand still, loads run as soon as their day begins."""

    house: House

    def live(self, ahead: Sequence[Slot]) -> None:
        for step in ahead[0].steps:
            self.house.begin(step)
            self.house.live(step, set(self.house.chores.chores), idle)

    def end(self) -> None:
        """Of the last day, what is left is missing."""
        self.house.end()

    def outcome(self) -> House:
        return self.house

    def told(self) -> str:
        return ""


@dataclass(slots=True)
class Rule:
    """`rule`: self-consumption. Loads run on surplus, and in the end in any case.

    With thresholds it also charges in the cheapest hours of the day ahead, and gives in the dearest only.
    """

    house: House
    cheap_share: float = 0.0
    dear_share: float = 0.0

    def live(self, ahead: Sequence[Slot]) -> None:
        cheap, dear = self._thresholds(ahead)
        for step in ahead[0].steps:
            self.house.begin(step)
            price = step.import_eur_per_kwh

            def wish(store: Store, rest_w: float, price: float = price) -> float:
                if cheap is not None and price <= cheap:
                    return store.max_charge_w
                return 0.0 if dear is not None and rest_w > 0 and price < dear else -rest_w

            self.house.live(step, self._running(step), wish)

    def end(self) -> None:
        """Of the last day, what is left is missing."""
        self.house.end()

    def outcome(self) -> House:
        return self.house

    def told(self) -> str:
        if not self.cheap_share and not self.dear_share:
            return ""
        cheap, dear = f"{self.cheap_share:.0%}", f"{1 - self.dear_share:.0%}"
        return f"charges in the cheapest {cheap} of the hours, gives in the dearest {dear}"

    def _running(self, step: Step) -> set[str]:
        """From the top of the list, as long as there is surplus; those that would be late in any case."""
        chores, left_w = self.house.chores, step.production_w - step.load_w
        running = chores.urgent(step.start_s)
        running |= {name for name in chores.running if not chores.chores[name].is_interruptible}
        for name, chore in chores.chores.items():
            if left_w >= chore.power_w and chores.left_wh[name] > 0:
                running.add(name)
            left_w -= chore.power_w if name in running else 0.0
        return running

    def _thresholds(self, ahead: Sequence[Slot]) -> tuple[float | None, float | None]:
        prices = sorted(slot.import_eur_per_kwh for slot in ahead[: _slots_of_a_day(ahead)])
        cheap = prices[round(self.cheap_share * (len(prices) - 1))] if self.cheap_share else None
        dear = prices[round(self.dear_share * (len(prices) - 1))] if self.dear_share else None
        return cheap, dear


def _slots_of_a_day(ahead: Sequence[Slot]) -> int:
    return round(DAY_H / max(ahead[0].hours, 1 / 60))


@dataclass(slots=True)
class Tuned:
    """`rule-tuned`: the best of many thresholds, chosen when everything is over. Nobody could have known it."""

    rules: Sequence[Rule]

    @classmethod
    def of(cls, house: Callable[[], House]) -> "Tuned":
        """Every pair of thresholds in a house of its own; plain self-consumption is one of them."""
        return cls([Rule(house(), cheap, dear) for cheap in CHEAP_SHARES for dear in DEAR_SHARES])

    def live(self, ahead: Sequence[Slot]) -> None:
        for rule in self.rules:
            rule.live(ahead)

    def end(self) -> None:
        """Of each."""
        for rule in self.rules:
            rule.end()

    def outcome(self) -> House:
        return self._best().house

    def told(self) -> str:
        return self._best().told()

    def _best(self) -> Rule:
        return min(self.rules, key=lambda rule: rule.house.ledger.reckoned_eur)


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
        running = {job.device for job in problem.jobs if found.acts[job.device][0].power_w > 0}
        for step in now.steps:
            self.house.begin(step)
            self.house.live(step, running, _wish(guide, step))
        self.expecting.learn(now)

    def end(self) -> None:
        """Of the last day, what is left is missing."""
        self.house.end()

    def outcome(self) -> House:
        return self.house

    def told(self) -> str:
        return ""

    def _problem(self, ahead: Sequence[Slot]) -> Problem:
        base_w = [slot.base_w for slot in ahead] if self.is_told else self.expecting.base_w(ahead)
        return Problem(
            hours=[slot.hours for slot in ahead],
            scenarios=[_scenario(ahead, base_w)],
            stores=self.house.stores(),
            jobs=list(self.house.chores.jobs(ahead)),
        )


def _scenario(ahead: Sequence[Slot], base_w: Sequence[float]) -> Scenario:
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


@dataclass(slots=True)
class Oracle:
    """`oracle`: everything known beforehand. A bound, not a policy. It looks at slots, in pieces that overlap."""

    house: House
    piece: list[Slot] = field(default_factory=list)

    def live(self, ahead: Sequence[Slot]) -> None:
        self.piece.append(ahead[0])
        if len(self.piece) == ORACLE_SLOTS + OVERLAP_SLOTS:
            self._settle(ORACLE_SLOTS)

    def end(self) -> None:
        """The last piece."""
        if self.piece:
            self._settle(len(self.piece))

    def outcome(self) -> House:
        return self.house

    def told(self) -> str:
        return "a bound: everything known beforehand"

    def _settle(self, count: int) -> None:
        house, is_last = self.house, count == len(self.piece)
        house.begin(_as_step(self.piece[0]))
        sold_eur = self.piece[-1].export_eur_per_kwh if is_last else None
        stores = [
            replace(each, end_eur_per_kwh=None if sold_eur is None else max(0.0, sold_eur * each.discharge_efficiency))
            for each in house.stores()
        ]
        jobs = list(house.chores.jobs(self.piece, is_end=is_last))
        found = foresee(
            Problem(
                hours=[slot.hours for slot in self.piece],
                scenarios=[_scenario(self.piece, [slot.base_w for slot in self.piece])],
                stores=stores,
                jobs=jobs,
            )
        )
        for slot, together_w, *jobs_w in zip(self.piece[:count], found.batteries_w, *found.jobs_w, strict=False):
            house.book(_as_step(slot), slot.load_w + sum(jobs_w), together_w)
        for store, course in zip(stores, found.stored_wh, strict=True):
            house.stored_wh[store.device] = course[count - 1]
        house.ledger.unmet_wh += sum(
            short for job, short in zip(jobs, found.short_wh, strict=True) if job.before_slot <= count
        )
        if not is_last:
            self._hand_over(jobs, found, count)
        del self.piece[:count]

    def _hand_over(self, jobs: Sequence[Job], found: Foresight, count: int) -> None:
        """The next piece begins in the middle of a day of which some is done."""
        for name in self.house.chores.chores:
            self.house.chores.go_on(name, self.piece[count].start_s, None)
        for job, course in zip(jobs, found.jobs_w, strict=True):
            if job.from_slot < count < job.before_slot:
                had_wh = sum(w * slot.hours for w, slot in zip(course[:count], self.piece, strict=False))
                left_wh = max(0.0, job.needed_wh - had_wh)
                self.house.chores.go_on(job.device, self.piece[count].start_s, left_wh)


def _as_step(slot: Slot) -> Step:
    return Step(
        slot.start_s, slot.hours, slot.load_w, slot.production_w, slot.import_eur_per_kwh, slot.export_eur_per_kwh
    )

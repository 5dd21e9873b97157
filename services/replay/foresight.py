"""The bound: a period of which everything was known beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from services.planner.core.oracle import Foresight, foresee
from services.planner.core.problem import Job, Problem
from services.replay.house import House
from services.replay.policies import scenario
from services.replay.steps import Slot, Step

ORACLE_SLOTS: Final = 6000
"""What the oracle looks at in one piece."""
OVERLAP_SLOTS: Final = 200
"""What it sees beyond, so that a piece does not end with empty batteries."""


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
                scenarios=[scenario(self.piece, [slot.base_w for slot in self.piece])],
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

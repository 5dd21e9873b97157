"""One policy's house: batteries, loads and a book. Whatever a policy wishes, physics decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from services.planner.core.ledger import Booked, Ledger
from services.planner.core.problem import Store
from services.planner.core.tank import carry
from services.replay.chores import Chores
from services.replay.steps import Step

Wish = Callable[[Store, float], float]
"""What a battery should do, + charge, given what the house would import without it and those after it."""


@dataclass(slots=True)
class House:
    """Batteries in the order in which they are asked; a book from the first step on."""

    batteries: Sequence[Store]
    chores: Chores
    ledger: Ledger = field(default_factory=Ledger)
    stored_wh: dict[str, float] = field(default_factory=dict)
    days_eur: dict[int, float] = field(default_factory=dict)
    """Cost of each day (UTC, counted from 1970)."""

    _sold_eur_per_kwh: float = 0.0
    """What export brought last."""

    def __post_init__(self) -> None:
        self.stored_wh = {store.device: store.stored_wh for store in self.batteries}

    def stores(self) -> list[Store]:
        """The batteries as they are now."""
        return [replace(store, stored_wh=self.stored_wh[store.device]) for store in self.batteries]

    def begin(self, step: Step) -> None:
        """A step begins; days of loads may end."""
        self.ledger.unmet_wh += self.chores.begin(step.start_s)

    def end(self) -> None:
        """The period is over, in the middle of a day of each load; what is still stored is as good as sold."""
        self.ledger.unmet_wh += sum(self.chores.left_wh.values())
        for store in self.batteries:
            left_wh = max(0.0, self.stored_wh[store.device] - store.reserve_wh)
            self.ledger.left_eur += max(0.0, left_wh / 1000 * store.discharge_efficiency * self._sold_eur_per_kwh)

    def live(self, step: Step, running: set[str], wish: Wish) -> None:
        """Live through a step: run these loads, and do with each battery as much of the wish as goes."""
        load_w = step.load_w + self.chores.run(running, step.hours)
        rest_w, battery_w = load_w - step.production_w, 0.0
        for store in self.batteries:
            done = carry(store, self.stored_wh[store.device], wish(store, rest_w), step.hours)
            self.stored_wh[store.device] = done.stored_wh
            rest_w, battery_w = rest_w + done.power_w, battery_w + done.power_w
        self.book(step, load_w, battery_w)

    def book(self, step: Step, load_w: float, battery_w: float) -> None:
        """Write a step down."""
        cost_eur = self.ledger.add(
            Booked(
                start_s=step.start_s, hours=step.hours, load_w=load_w, production_w=step.production_w,
                battery_w=battery_w, import_eur_per_kwh=step.import_eur_per_kwh,
                export_eur_per_kwh=step.export_eur_per_kwh,
            )
        )  # fmt: skip
        self._sold_eur_per_kwh = step.export_eur_per_kwh
        day = step.start_s // 86_400
        self.days_eur[day] = self.days_eur.get(day, 0.0) + cost_eur


def idle(_: Store, __: float) -> float:
    """A battery that does nothing."""
    return 0.0


def balancing(_: Store, rest_w: float) -> float:
    """A battery on plain self-consumption."""
    return -rest_w


def capacity_wh(batteries: Sequence[Store]) -> float:
    """Of all of them."""
    return sum(store.capacity_wh for store in batteries)

"""What the planner is asked: the time ahead, its prices, the house, and what each device can do and needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from common.execution import ONE_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way the time ahead may turn out; a value per slot."""

    import_eur_per_kwh: Sequence[float]
    export_eur_per_kwh: Sequence[float]
    base_w: Sequence[float]
    """The house without the devices that are planned, minus the sun: + import, − surplus."""
    probability: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A battery. Powers are magnitudes at its connection to the house."""

    device: str
    capacity_wh: float
    stored_wh: float
    max_charge_w: float
    max_discharge_w: float
    reserve_wh: float = 0.0
    """Not discharged below this; if it is below already, it is only charged."""
    ceiling_wh: float = inf
    """Not charged above this, nor above its capacity."""
    charge_efficiency: float = ONE_WAY
    discharge_efficiency: float = ONE_WAY
    wear_eur_per_kwh: float = 0.0
    """What a kWh taken out of it costs in ageing."""
    end_eur_per_kwh: float | None = None
    """What a kWh still stored after the last slot is worth; None: by the cheap hours of the time ahead."""

    @property
    def low_wh(self) -> float:
        """The least it may hold: its reserve, or what it holds now if that is less."""
        return min(self.stored_wh, self.reserve_wh)

    @property
    def high_wh(self) -> float:
        """The most it may hold: ceiling or capacity, or what it holds now if that is more."""
        return max(self.stored_wh, min(self.capacity_wh, self.ceiling_wh))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that a switched load should do within a window of slots, with a constant power."""

    device: str
    power_w: float
    needed_wh: float
    """Energy it still wants in its window."""
    before_slot: int
    """It must be done before this one (ready by)."""
    from_slot: int = 0
    is_needed: bool = True
    """False: it runs only where that is worth `worth_eur_per_kwh`."""
    is_interruptible: bool = True
    """False: once started it runs to its end."""
    min_run_slots: int = 1
    """An interruptible job runs at least so many slots in a row."""
    is_running: bool = False
    must_run_slots: int = 0
    """It is running and must go on for so many slots."""
    worth_eur_per_kwh: float | None = None
    """An optional job: what a kWh of it is worth; None: a little more than feeding it in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A car at its charger, dosed between two powers or off."""

    device: str
    min_w: float
    max_w: float
    needed_wh: float
    """Energy at the charger until its target."""
    before_slot: int
    """Ready by, and gone from then on as far as anybody knows."""
    from_slot: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the connection bears, and what the dearest quarter hour of the month costs."""

    max_import_w: float = inf
    max_export_w: float = inf
    peak_eur_per_kw: float = 0.0
    peak_so_far_w: float = 0.0
    """The month's dearest quarter hour until now: up to it, import costs no extra."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """All of it. `scenarios` agree in everything that is decided before slot `common_slots`."""

    hours: Sequence[float]
    """Length of each slot."""
    scenarios: Sequence[Scenario]
    stores: Sequence[Store] = ()
    jobs: Sequence[Job] = ()
    cars: Sequence[Car] = ()
    limits: Limits = Limits()
    common_slots: int = 1
    """From this slot on batteries may answer to the scenario that came true, for instance to tomorrow's colour."""

    def __post_init__(self) -> None:
        slots = len(self.hours)
        if not slots or not self.scenarios:
            raise ValueError("a plan needs at least one slot and one scenario")
        for each in self.scenarios:
            if {len(each.import_eur_per_kwh), len(each.export_eur_per_kwh), len(each.base_w)} != {slots}:
                raise ValueError(f"every scenario needs prices and power for each of the {slots} slots")
        if abs(sum(each.probability for each in self.scenarios) - 1) > 1e-6:
            raise ValueError("the probabilities of the scenarios must add up to 1")

    def expected_import_eur_per_kwh(self) -> list[float]:
        """The import price to reckon with, per slot."""
        return [
            sum(each.probability * each.import_eur_per_kwh[slot] for each in self.scenarios)
            for slot in range(len(self.hours))
        ]

    def expected_export_eur_per_kwh(self) -> list[float]:
        """The export price to reckon with, per slot."""
        return [
            sum(each.probability * each.export_eur_per_kwh[slot] for each in self.scenarios)
            for slot in range(len(self.hours))
        ]

    def expected_base_w(self) -> list[float]:
        """The house to reckon with, per slot; + import."""
        return [sum(each.probability * each.base_w[slot] for each in self.scenarios) for slot in range(len(self.hours))]


def end_value_eur_per_kwh(store: Store, prices_eur_per_kwh: Sequence[float]) -> float:
    """What a kWh left in the store is worth: it saves buying in the cheaper quarter of the hours, after losses."""
    if store.end_eur_per_kwh is not None:
        return store.end_eur_per_kwh
    cheap = sorted(prices_eur_per_kwh)[: max(1, len(prices_eur_per_kwh) // 4)]
    return max(0.0, sum(cheap) / len(cheap) * store.discharge_efficiency)

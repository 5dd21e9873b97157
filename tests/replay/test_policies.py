"""What each policy does, seen step by step."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from services.planner.core.problem import Store
from services.replay.chores import Chore, Chores
from services.replay.house import House
from services.replay.policies import Policy
from services.replay.simple import Nothing, Rule, Tuned
from services.replay.steps import Step, slots, with_ahead
from tests.replay.houses import MONDAY_S

BATTERY = Store(
    device="battery", capacity_wh=4000, stored_wh=2000, max_charge_w=1000, max_discharge_w=1000,
    charge_efficiency=1.0, discharge_efficiency=1.0,
)  # fmt: skip
LONG = 48
Course = Sequence[tuple[float, float, float]]
"""Load, sun, and price of import, per half hour."""


def house(chores: dict[str, Chore] | None = None) -> House:
    """With a battery that is half full."""
    return House([BATTERY], Chores(chores or {}, ZoneInfo("UTC")))


def lived(policy: Policy, course: Course) -> list[float]:
    """Live through it. Returns what the battery holds after each half hour, in Wh."""
    steps = [
        Step(MONDAY_S + place * 1800, 0.5, load_w, sun_w, paid, 0.04)
        for place, (load_w, sun_w, paid) in enumerate(course)
    ]
    held = []
    for ahead in with_ahead(slots(steps, 1800), LONG):
        policy.live(ahead)
        held.append(policy.outcome().stored_wh["battery"])
    policy.end()
    return held


def test_none_leaves_the_battery_alone_and_runs_loads_at_once() -> None:
    here = house({"boiler": Chore(power_w=2000, need_wh=1000)})
    assert lived(Nothing(here), [(500, 0, 0.3), (0, 3000, 0.3)]) == [2000, 2000]
    assert here.ledger.import_wh == 1250
    assert here.ledger.export_wh == 1500


def test_the_rule_takes_surplus_and_covers_deficits() -> None:
    assert lived(Rule(house()), [(500, 0, 0.3), (0, 600, 0.3), (3000, 0, 0.3)]) == [1750, 2050, 1550]


def test_the_rule_runs_a_load_on_surplus_and_in_the_end_in_any_case() -> None:
    here = house({"boiler": Chore(power_w=2000, need_wh=2000)})
    course = [(300.0, 2500.0 if place == 2 else 0.0, 0.3) for place in range(12)]
    lived(Rule(here), course)
    assert here.ledger.unmet_wh == 0
    assert here.ledger.load_wh == pytest.approx(12 * 150 + 2000)
    assert here.ledger.export_wh == 0, "half of it in the sun, half of it before six"


def test_a_load_that_does_not_fit_into_the_surplus_leaves_it_to_the_next() -> None:
    here = house({"big": Chore(power_w=3000, need_wh=1000), "small": Chore(power_w=500, need_wh=1000)})
    lived(Rule(here), [(0, 1000, 0.3)])
    assert here.chores.left_wh == {"big": 1000, "small": 750}


def test_with_thresholds_it_charges_when_cheap_and_gives_when_dear() -> None:
    course: Course = [(400, 0, 0.1), (400, 0, 0.2), (400, 0, 0.3), (400, 0, 0.4)]
    assert lived(Rule(house(), cheap_share=0.1), course)[0] == 2500
    assert lived(Rule(house(), dear_share=0.75), course) == [2000, 2000, 2000, 1800]


def test_tuned_is_the_best_of_them_and_says_which() -> None:
    course: Course = [*[(0, 0, 0.1)] * 4, *[(1000, 0, 0.5)] * 10]
    tuned = Tuned.of(house)
    lived(tuned, course)
    costs = [rule.house.ledger.reckoned_eur for rule in tuned.rules]
    assert tuned.outcome().ledger.reckoned_eur == min(costs) < costs[0]
    assert tuned.told().startswith("charges in the cheapest ")
    assert Rule(house()).told() == ""


def test_what_is_left_in_the_end_counts_as_sold_and_what_is_missing_as_dear() -> None:
    here = house({"boiler": Chore(power_w=2000, need_wh=3000)})
    lived(Rule(here), [(0, 0, 0.3)])
    assert here.ledger.left_eur == pytest.approx(2 * 0.04)
    assert here.ledger.unmet_wh == 3000
    assert here.ledger.reckoned_eur == pytest.approx(3 * 0.3 - 2 * 0.04)

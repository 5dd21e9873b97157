"""Perfect foresight: nothing real is ever better."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.planner.core.oracle import foresee
from services.planner.core.problem import Job
from services.planner.core.rule import self_consumption
from tests.planner.houses import BATTERY, house, powers, prices


@settings(max_examples=20)
@given(st.lists(st.tuples(powers, prices), min_size=1, max_size=24))
def test_self_consumption_never_beats_it(course: list[tuple[float, float]]) -> None:
    base_w, paid = [power_w for power_w, _ in course], [price for _, price in course]
    received = [min(price, 0.04) for price in paid]
    best = foresee(house(base_w, paid, received, stores=[BATTERY]))
    rule_eur = best_eur = stored_wh = 0.0
    for slot, (power_w, price) in enumerate(course):
        done = self_consumption(BATTERY, stored_wh, power_w, 1.0)
        stored_wh = done.stored_wh
        for_rule_w, for_best_w = power_w + done.power_w, power_w + best.batteries_w[slot]
        rule_eur += for_rule_w / 1000 * (price if for_rule_w > 0 else received[slot])
        best_eur += for_best_w / 1000 * (price if for_best_w > 0 else received[slot])
    left = 0.95 * max(0.0, sum(sorted(paid)[: max(1, len(paid) // 4)]) / max(1, len(paid) // 4)) / 1000
    assert best_eur - left * best.stored_wh[0][-1] <= rule_eur - left * stored_wh + 1e-4


def test_it_doses_loads_as_nobody_could_and_tells_what_nobody_could_have_met() -> None:
    boiler = Job(device="boiler", power_w=2000, needed_wh=3000, before_slot=2)
    late = Job(device="late", power_w=1000, needed_wh=3000, from_slot=2, before_slot=3)
    found = foresee(house([-1500.0, -1500.0, 0.0], jobs=[boiler, late]))
    assert list(found.jobs_w[0]) == [pytest.approx(1500), pytest.approx(1500), 0.0]
    assert list(found.short_wh) == [pytest.approx(0, abs=1e-6), pytest.approx(2000)]

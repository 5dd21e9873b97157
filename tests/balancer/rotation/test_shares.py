"""What part of the time everybody may expect: never more than there is, and the important ones first."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.rotation.claim import Claim, Limit
from services.balancer.rotation.shares import shares_of
from tests.balancer.rotation.players import radiators


def test_a_limit_in_places_is_shared_by_weight() -> None:
    claims = [replace(claim, weight=weight) for claim, weight in zip(radiators(3), (3.0, 2.0, 1.0), strict=True)]
    assert shares_of(claims, Limit(active=1)) == pytest.approx({"a": 1 / 2, "b": 1 / 3, "c": 1 / 6})


def test_a_limit_in_power_is_shared_by_time_and_not_by_power() -> None:
    """2 kW for one of 2 kW and six of 500 W, each for as long: two fifths of the time."""
    claims = [Claim(id="big", power_w=2000, wants=True), *radiators(6, power_w=500.0)]
    assert list(shares_of(claims, Limit(budgets_w={None: 2000.0})).values()) == pytest.approx([0.4] * 7)


def test_who_is_boosted_has_his_part_before_the_others_and_who_does_not_ask_none() -> None:
    claims = radiators(4)
    claims[2] = replace(claims[2], boosted=True)
    claims[3] = replace(claims[3], wants=False)
    assert shares_of(claims, Limit(active=2)) == pytest.approx({"a": 0.5, "b": 0.5, "c": 1.0})


@given(
    st.lists(st.sampled_from([500.0, 1000.0, 2500.0]), min_size=1, max_size=9),
    st.integers(0, 9),
    st.dictionaries(st.sampled_from([None, 1, 2, 3]), st.floats(-1000, 10_000)),
    st.data(),
)
def test_nobody_may_expect_more_than_all_the_time_and_all_no_more_than_there_is(
    sizes_w: list[float], active: int, budgets_w: dict[int | None, float], data: st.DataObject
) -> None:
    phases = data.draw(st.lists(st.sampled_from([None, 1, 2, 3]), min_size=len(sizes_w), max_size=len(sizes_w)))
    claims = [
        Claim(id=chr(97 + place), power_w=power_w, wants=True, phase=phase)
        for place, (power_w, phase) in enumerate(zip(sizes_w, phases, strict=True))
    ]
    shares = shares_of(claims, Limit(active=active, budgets_w=budgets_w))
    assert all(0 <= share <= 1 + 1e-9 for share in shares.values())
    assert sum(shares.values()) <= active + 1e-9

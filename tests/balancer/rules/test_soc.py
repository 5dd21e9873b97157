"""Reserve and ceiling: where a battery stops being asked, and that one per cent does not toggle it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.rules.soc import RELEASE_PCT, Held, hold

pytestmark = pytest.mark.promise("4.8-06")


def course(socs_pct: list[float | None], reserve_pct: float = 20.0, ceiling_pct: float = 95.0) -> list[Held]:
    """How a battery is held along a course of its state of charge."""
    held, found = Held(), []
    for soc_pct in socs_pct:
        held = hold(held, soc_pct, reserve_pct, ceiling_pct)
        found.append(held)
    return found


def test_at_the_reserve_it_gives_no_more_and_at_the_ceiling_it_takes_no_more() -> None:
    assert [held.at_reserve for held in course([20.1, 20.0, 19.0])] == [False, True, True]
    assert [held.at_ceiling for held in course([94.9, 95.0, 99.0])] == [False, True, True]


def test_it_is_asked_again_only_a_per_cent_past_the_edge() -> None:
    assert [held.at_reserve for held in course([20.0, 20.5, 20.9, 21.0, 20.5])] == [True, True, True, False, False]
    assert [held.at_ceiling for held in course([95.0, 94.5, 94.0, 94.5])] == [True, True, False, False]


def test_a_flickering_reading_at_the_edge_toggles_nothing() -> None:
    held = course([20.0, *([20.4, 20.0, 20.6] * 50)])
    assert all(each.at_reserve for each in held)


def test_a_ceiling_of_a_hundred_per_cent_is_reached() -> None:
    assert [held.at_ceiling for held in course([100.0, 99.5, 99.0], ceiling_pct=100.0)] == [True, True, False]


def test_an_unknown_state_of_charge_is_neither_full_nor_to_be_emptied() -> None:
    assert hold(Held(at_ceiling=True), None, 20.0, 95.0) == Held(at_reserve=True, at_ceiling=False)


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=30), st.floats(0, 60), st.floats(61, 100))
def test_below_the_reserve_it_never_gives_and_above_the_ceiling_it_never_takes(
    socs_pct: list[float | None], reserve_pct: float, ceiling_pct: float
) -> None:
    for soc_pct, held in zip(socs_pct, course(socs_pct, reserve_pct, ceiling_pct), strict=True):
        assert held.at_reserve or (soc_pct is not None and soc_pct > reserve_pct)
        assert held.at_ceiling or soc_pct is None or soc_pct < ceiling_pct
        if soc_pct is not None and reserve_pct + RELEASE_PCT <= soc_pct <= ceiling_pct - RELEASE_PCT:
            assert held == Held()

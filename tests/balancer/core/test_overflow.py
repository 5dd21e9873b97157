"""Beside a loop of its own, dosed devices join slowly and leave at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.overflow import GROW_S, Overflow

POWERS = st.floats(-10_000, 10_000)


def test_it_grows_with_its_time_constant() -> None:
    overflow = Overflow()
    for _ in range(round(GROW_S)):
        overflow = overflow.towards(1000.0, 1.0)
    assert overflow.given_w == pytest.approx(1000 * (1 - (1 - 1 / GROW_S) ** GROW_S))


@pytest.mark.parametrize("wanted_w", [300.0, 0.0])
def test_it_eases_at_once(wanted_w: float) -> None:
    assert Overflow(1000.0).towards(wanted_w, 1.0).given_w == wanted_w


def test_it_stops_at_zero_before_it_turns() -> None:
    assert Overflow(1000.0).towards(-500.0, 1.0).given_w == 0.0


@given(POWERS, POWERS, st.floats(0.1, 60))
def test_it_never_goes_beyond_what_is_wanted_nor_against_it(given_w: float, wanted_w: float, period_s: float) -> None:
    after_w = Overflow(given_w).towards(wanted_w, period_s).given_w
    assert after_w * wanted_w >= 0
    assert abs(after_w) <= abs(wanted_w) + 1e-9


@given(POWERS, st.floats(0.5, 60))
def test_what_is_wanted_for_long_is_given_in_the_end(wanted_w: float, period_s: float) -> None:
    overflow = Overflow()
    for _ in range(200):
        overflow = overflow.towards(wanted_w, period_s)
    assert overflow.given_w == pytest.approx(wanted_w, abs=1e-3)

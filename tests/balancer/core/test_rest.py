"""What the house draws: each line of the table in the estimate, and that nothing but evidence moves it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.rest import DRIFT, IGNORED_SHARE, Evidence, Rest, estimate, trust

NOISE_W = 25.0
POWERS = st.floats(-20_000, 20_000)
IN_FLIGHT = Evidence(200.0, 1200.0, 2200.0, obeyed_w=2000.0)
"""A reading in the middle of an order: early and late differ by 2 kW."""


def certain(mid_w: float) -> Evidence:
    """A reading that all explanations agree on."""
    return Evidence(mid_w, mid_w, mid_w)


def test_a_small_certain_difference_is_taken_over_little_by_little() -> None:
    assert estimate(Rest(500.0), certain(520.0), NOISE_W, 1.0).rest_w == pytest.approx(500 + DRIFT * 20)


def test_a_large_certain_difference_is_a_step_of_the_house_and_believed_at_once() -> None:
    assert estimate(Rest(500.0), certain(2500.0), NOISE_W, 1.0) == Rest(2500.0, was_certain=True)


def test_the_first_certain_reading_after_uncertain_ones_is_believed_to_the_watt() -> None:
    assert estimate(Rest(500.0, was_certain=False), certain(512.0), NOISE_W, 1.0) == Rest(512.0, was_certain=True)


def test_what_our_own_orders_explain_changes_nothing() -> None:
    assert estimate(Rest(2000.0), IN_FLIGHT, NOISE_W, 1.0) == Rest(2000.0, was_certain=False)


def test_within_the_noise_beyond_the_bounds_nothing_changes_either() -> None:
    assert estimate(Rest(2224.0), IN_FLIGHT, NOISE_W, 1.0).rest_w == 2224.0


def test_what_nothing_explains_is_followed_to_the_nearest_bound_and_on_by_trust() -> None:
    assert estimate(Rest(4000.0), IN_FLIGHT, NOISE_W, 0.6).rest_w == pytest.approx(2200 + 0.6 * (1200 - 2200))
    assert estimate(Rest(-900.0), IN_FLIGHT, NOISE_W, 0.6).rest_w == pytest.approx(200 + 0.6 * (1200 - 200))


def test_without_trust_it_is_followed_to_the_bound_only() -> None:
    """As while an order still waits for its confirmation."""
    assert estimate(Rest(4000.0), IN_FLIGHT, NOISE_W, 0.0).rest_w == 2200.0


def test_just_beyond_the_bounds_only_part_of_the_trust_is_given() -> None:
    beyond_w = 2 * NOISE_W
    followed = estimate(Rest(2200 + NOISE_W + beyond_w), IN_FLIGHT, NOISE_W, 1.0).rest_w
    assert followed == pytest.approx(2200 - 0.5 * 1000)


def test_an_order_that_was_either_carried_out_or_not_is_no_doubt_about_a_reading_near_the_one() -> None:
    """At rest, with the order worth 1000 W unproven, a reading 60 W off is the house's, not the order's."""
    near, far = Evidence(500, 1500, 1500, obeyed_w=0, ignored_w=1000), Evidence(500, 1500, 1500, 0, 100)
    assert estimate(Rest(1440.0), near, NOISE_W, 0.0) == Rest(1500.0, was_certain=True)
    assert IGNORED_SHARE * 100 < 60
    assert estimate(Rest(1440.0), far, NOISE_W, 0.0) == Rest(1440.0, was_certain=False)


@given(POWERS, st.tuples(POWERS, POWERS, POWERS), st.floats(10, 200), st.floats(0, 1), st.booleans())
def test_the_estimate_stays_between_what_it_was_and_what_was_seen(
    rest_w: float, seen: tuple[float, float, float], noise_w: float, trusted: float, was_certain: bool
) -> None:
    lo_w, mid_w, hi_w = sorted(seen)
    after = estimate(Rest(rest_w, was_certain), Evidence(lo_w, mid_w, hi_w, hi_w - lo_w), noise_w, trusted).rest_w
    assert min(rest_w, mid_w) - 1e-6 <= after <= max(rest_w, mid_w) + 1e-6


@given(POWERS, st.floats(0, 1), st.floats(0, 500))
def test_the_same_reading_again_and_again_is_believed_in_the_end(rest_w: float, trusted: float, mid_w: float) -> None:
    rest = Rest(rest_w)
    for _ in range(60):
        rest = estimate(rest, certain(mid_w), NOISE_W, trusted)
    assert rest.rest_w == pytest.approx(mid_w, abs=0.1)


@pytest.mark.parametrize(
    ("spread", "dead_time_s", "period_s", "expected"),
    [
        (2.0, 0.6, 1.0, 0.6 / 1.8),  # bold no more than 0.6 while the belief is fresh, and less for a long dead time
        (1.25, 0.6, 1.0, 1.0),
        (1.25, 10.0, 1.0, 1 / 9),
        (1.0, 0.0, 1.0, 1.0),
    ],
)
def test_trust_falls_with_doubt_and_dead_time(
    spread: float, dead_time_s: float, period_s: float, expected: float
) -> None:
    assert trust(spread, dead_time_s, period_s) == pytest.approx(expected)

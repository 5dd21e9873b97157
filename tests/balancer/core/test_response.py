"""A belief about a device, and how far off it may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.response import MOST_SPREAD, Response

SPREADS = st.floats(1.0, 4.0)
RESPONSES = st.builds(Response, st.floats(0, 60), st.floats(50, 1e6))


@given(RESPONSES, SPREADS, st.floats(10, 5000))
def test_early_is_never_later_than_believed_and_late_never_earlier(
    response: Response, spread: float, step_w: float
) -> None:
    early, late = response.early(spread), response.late(spread)
    assert early.time_s(step_w) <= response.time_s(step_w) + 1e-9 <= late.time_s(step_w) + 2e-9


@given(RESPONSES, SPREADS)
def test_early_and_late_are_the_same_distance_away(response: Response, spread: float) -> None:
    back = response.early(spread).late(spread)
    assert back.dead_time_s == pytest.approx(response.dead_time_s)
    assert back.ramp_w_per_s == pytest.approx(response.ramp_w_per_s)


def test_every_belief_begins_with_a_doubt_of_two() -> None:
    assert MOST_SPREAD == 2.0


def test_its_time_is_dead_time_and_ramp() -> None:
    assert Response(0.6, 1000).time_s() == pytest.approx(1.6)
    assert Response(0.6, 500).time_s(250) == pytest.approx(1.1)

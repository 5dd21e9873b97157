"""Whatever a device can be told, a power becomes one of its steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.steps import Steps

LEVELS = Steps(levels_w=(-800.0, 0.0, 104.0, 150.0, 2400.0))
SOME = st.one_of(st.builds(Steps, st.sampled_from([0.1, 1.0, 24.0])), st.just(LEVELS))
POWERS = st.floats(-5000, 5000)


@given(SOME, POWERS)
def test_towards_zero_never_asks_for_more_nor_the_other_way(steps: Steps, power_w: float) -> None:
    told_w = steps.towards_zero(power_w)
    assert abs(told_w) <= abs(power_w) + 1e-3
    assert told_w * power_w >= 0


@given(POWERS)
def test_no_level_is_nearer_than_the_nearest(power_w: float) -> None:
    assert abs(LEVELS.nearest(power_w) - power_w) == min(abs(level_w - power_w) for level_w in LEVELS.levels_w)


@pytest.mark.parametrize(
    ("power_w", "towards_zero_w", "nearest_w"),
    [
        (103.9, 0, 104),
        (52, 0, 0),
        (104, 104, 104),
        (2399, 150, 2400),
        (9999, 2400, 2400),
        (-999, -800, -800),
        (-1, 0, 0),
    ],
)
def test_levels_are_all_there_is(power_w: float, towards_zero_w: float, nearest_w: float) -> None:
    assert (LEVELS.towards_zero(power_w), LEVELS.nearest(power_w)) == (towards_zero_w, nearest_w)


def test_a_device_that_gives_half_of_what_it_is_told_has_lower_levels() -> None:
    assert LEVELS.times(0.5).levels_w == (-400, 0, 52, 75, 1200)

"""Sharing room: strictly in order, in one direction, in whole steps, and nothing beyond anybody's bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.merit import Bounds, fill
from services.balancer.core.steps import Steps

BOUNDS = st.builds(Bounds, st.floats(-5000, 0), st.floats(0, 5000), st.just(0.0), st.just(0.0))
SPARING = st.builds(Bounds, st.floats(-5000, 0), st.floats(0, 5000), st.floats(0, 500), st.floats(0, 500))
HOUSES = st.lists(st.tuples(BOUNDS, st.sampled_from([0.1, 1.0, 24.0, 50.0])), max_size=5)


def shared(house: list[tuple[Bounds, float]], room_w: float) -> list[float]:
    """What each device of a house gets."""
    names = [f"d{index}" for index in range(len(house))]
    bounds = {name: bound for name, (bound, _) in zip(names, house, strict=True)}
    steps = {name: Steps(step_w) for name, (_, step_w) in zip(names, house, strict=True)}
    wishes = fill(names, bounds, steps, room_w)
    return [wishes[name] for name in names]


@given(HOUSES, st.floats(-20_000, 20_000))
def test_nobody_is_asked_for_more_than_it_may(house: list[tuple[Bounds, float]], room_w: float) -> None:
    for (bounds, _), wish_w in zip(house, shared(house, room_w), strict=True):
        assert bounds.low_w <= wish_w <= bounds.high_w


@given(HOUSES, st.floats(-20_000, 20_000))
def test_all_go_in_the_direction_of_the_room(house: list[tuple[Bounds, float]], room_w: float) -> None:
    assert all(wish_w * room_w >= 0 for wish_w in shared(house, room_w))


@given(HOUSES, st.floats(-20_000, 20_000))
def test_together_they_do_the_room_or_somebody_is_at_a_limit(house: list[tuple[Bounds, float]], room_w: float) -> None:
    wishes = shared(house, room_w)
    left_w = abs(room_w) - abs(sum(wishes))
    assert left_w >= -max((step_w / 2 for _, step_w in house), default=0.0) - 1e-6
    for (bounds, step_w), wish_w in zip(house, wishes, strict=True):
        limit_w = bounds.high_w if room_w > 0 else -bounds.low_w
        assert left_w < step_w + 1e-6 or abs(wish_w) > limit_w - step_w - 1e-6


@given(HOUSES, st.floats(-20_000, 20_000), st.floats(0, 5000))
def test_less_room_never_means_more_charging(house: list[tuple[Bounds, float]], room_w: float, less_w: float) -> None:
    """In steps of one watt: what a coarse device leaves, the next one gets."""
    fine = [(bounds, 0.1) for bounds, _ in house]
    assert sum(shared(fine, room_w - less_w)) <= sum(shared(fine, room_w)) + 0.1 * len(house) + 1e-6


@given(st.lists(SPARING, min_size=1, max_size=4), st.floats(0, 20_000))
def test_what_is_to_be_spared_is_spared(bounds: list[Bounds], room_w: float) -> None:
    wishes = shared([(bound, 1.0) for bound in bounds], room_w)
    assert all(wish_w >= 0 for wish_w in wishes)
    takers = [bound.spare_w for bound, wish_w in zip(bounds, wishes, strict=True) if wish_w > 0]
    assert sum(wishes) <= room_w - max(takers[-1:], default=0.0) + 1e-6


def test_the_first_takes_what_it_can_and_the_next_the_rest() -> None:
    house = [(Bounds(-800, 800), 1.0), (Bounds(-2500, 2500), 1.0)]
    assert shared(house, 500) == [500, 0]
    assert shared(house, 1200) == [800, 400]
    assert shared(house, -4000) == [-800, -2500]


def test_a_coarse_device_rounds_towards_zero_and_the_next_takes_the_remainder() -> None:
    assert shared([(Bounds(0, 2400), 24.0), (Bounds(-800, 800), 1.0)], 1030) == [1008, 22]


def test_where_nobody_takes_the_remainder_a_coarse_device_rounds_to_the_nearest() -> None:
    dimmer = (Bounds(0, 2400), 24.0)
    assert shared([dimmer], 1030) == [1032]
    assert shared([dimmer, (Bounds(-800, 0), 1.0)], 1030) == [1032, 0]
    assert shared([(Bounds(0, 1030), 24.0)], 1030) == [1008]


@pytest.mark.parametrize("room_w", [0.3, 0.7, 2.3])
def test_a_step_is_not_lost_to_binary_fractions(room_w: float) -> None:
    assert shared([(Bounds(-800, 800), 0.1)], room_w) == [pytest.approx(room_w)]


def test_a_dimmer_below_its_lowest_level_is_off_and_the_battery_takes_it_all() -> None:
    dimmer, battery = (Bounds(0, 2400, 150.0), 24.0), (Bounds(-800, 800), 1.0)
    assert shared([dimmer, battery], 149) == [0, 149]
    assert shared([dimmer, battery], 200) == [192, 8]
    assert shared([dimmer, battery], -300) == [0, -300]

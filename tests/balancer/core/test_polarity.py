"""A meter with its sign the wrong way round is found out by three tests, and by nothing else."""

import random

from services.balancer.core.polarity import TESTS, Polarity


def after(moves: list[tuple[float, float]]) -> Polarity:
    """Orders that moved the device by the first and the grid by the second."""
    polarity = Polarity()
    for moved_w, grid_moved_w in moves:
        polarity = polarity.ordered(100.0, 0.0, moved_w).arrived(100.0 + grid_moved_w, moved_w)
    return polarity


def test_three_moves_against_the_meter_and_it_is_reversed() -> None:
    assert not after([(-1000, 1000)] * (TESTS - 1)).is_reversed
    assert after([(-1000, 1000)] * TESTS).is_reversed


def test_one_move_with_the_meter_begins_the_count_anew() -> None:
    assert not after([(-1000, 1000), (-1000, 1000), (800, 790), (-1000, 1000)]).is_reversed


def test_a_device_that_does_not_move_the_meter_at_all_proves_nothing_about_its_sign() -> None:
    """It may hang on another connection; what it does not deliver is another matter."""
    assert not after([(-1000, 0)] * 10).is_reversed


def test_a_reversed_meter_is_found_out_although_the_house_moves_as_well() -> None:
    assert after([(-1000, 1000), (-1000, 300), (-1000, 1040), (900, 1200), (900, -910)]).is_reversed


def test_small_orders_tell_nothing() -> None:
    assert not after([(-200, 200)] * 10).is_reversed


def test_a_test_that_a_newer_order_interrupts_is_not_counted() -> None:
    polarity = Polarity().ordered(0.0, 0.0, -1000.0).ordered(0.0, -300.0, -350.0)
    assert polarity.arrived(900.0, -350.0).wrong == 0


def test_a_busy_kitchen_accuses_nobody() -> None:
    """Steps of the house fall into a third of the tests, either way: over a week nothing comes of it."""
    chance = random.Random(6)
    polarity = Polarity()
    for _ in range(10_000):
        step_w = chance.choice((0.0, 0.0, 1.0)) * chance.uniform(-2500, 2500)
        moved_w = chance.choice((-1, 1)) * chance.uniform(300, 2000)
        polarity = polarity.ordered(0.0, 0.0, moved_w).arrived(moved_w + step_w, moved_w)
        assert not polarity.is_reversed

"""The noise band: wide enough for what the meter does by itself, never so wide that a load goes unanswered."""

import random

import pytest

from services.balancer.core.noise import DEFAULT_W, LEAST_W, Noise


def watched(readings_w: list[float], calm: bool = True) -> Noise:
    """The noise after these readings."""
    noise = Noise()
    for grid_w in readings_w:
        noise = noise.watch(grid_w, calm)
    return noise


def test_before_enough_was_seen_the_default_counts() -> None:
    assert watched([0.0, 500.0] * 5).band_w == DEFAULT_W


def test_a_steady_house_still_has_a_band() -> None:
    assert watched([7.0] * 100).band_w == LEAST_W


def test_the_band_is_three_sigma_of_white_noise() -> None:
    chance = random.Random(1)
    band_w = watched([chance.gauss(0, 12) for _ in range(2000)]).band_w
    assert band_w == pytest.approx(3 * 12, rel=0.25)


def test_single_steps_of_the_house_are_no_noise() -> None:
    chance = random.Random(2)
    steps = [2000.0 * (index // 20 % 2) + chance.gauss(0, 5) for index in range(200)]
    assert watched(steps).band_w < DEFAULT_W


def test_readings_with_orders_in_flight_tell_nothing() -> None:
    assert watched([0.0, 900.0] * 100, calm=False).changes == ()


def test_a_calm_reading_after_a_busy_one_is_not_compared_with_the_one_before() -> None:
    noise = Noise().watch(0.0, calm=True).watch(500.0, calm=False).watch(900.0, calm=True)
    assert noise.changes == ()


def test_a_hob_that_pulses_for_an_hour_does_not_make_it_deaf() -> None:
    """1.8 kW each third second: most changes are large, and none of them is noise."""
    assert watched([1800.0 * (index % 3 == 0) for index in range(3600)]).band_w <= 150

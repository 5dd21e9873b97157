"""Loads that jump faster than anybody can follow: seen after four jumps, and acted on in the middle."""

import random

from services.balancer.core.pulses import HOLD_S, WINDOW_S, Pulses
from services.balancer.core.rest import Evidence

RESPONSE_S = 1.6


def watched(course: list[float], pulses: Pulses | None = None, start_s: float = 0.0) -> Pulses:
    """One certain reading a second."""
    pulses = pulses or Pulses()
    for index, house_w in enumerate(course):
        pulses = pulses.watch(start_s + index, Evidence(house_w, house_w, house_w), RESPONSE_S)
    return pulses


def test_an_induction_hob_is_noticed_after_four_jumps() -> None:
    hob = [300.0, 2100.0, 300.0, 300.0, 2100.0, 300.0]
    assert not watched(hob[:4]).is_on(3.0)
    assert watched(hob).is_on(5.0)


def test_a_kettle_and_a_toaster_are_no_pulses() -> None:
    assert not watched([300, 2300, 2300, 3200, 3200, 1200, 300, 300]).is_on(7.0)


def test_noise_is_no_pulse() -> None:
    chance = random.Random(4)
    assert not watched([chance.uniform(-90, 90) for _ in range(300)]).is_on(299.0)


def test_slow_switching_is_followed_not_averaged() -> None:
    """Ten seconds on, ten off: any battery can do that."""
    assert not watched([2000.0 * (index // 10 % 2) for index in range(200)]).is_on(199.0)


def test_it_is_over_some_time_after_the_last_jump() -> None:
    pulsing = watched([1800.0 * (index % 2) for index in range(10)])
    calm = watched([0.0] * 40, pulsing, 10.0)
    assert calm.is_on(9 + HOLD_S - 1)
    assert not calm.is_on(30.0 + HOLD_S)


def test_the_middle_is_what_the_house_draws_half_of_the_time() -> None:
    thirds = watched([1800.0 * (index % 3 == 0) for index in range(60)])
    assert thirds.quantile_w(0.5) == 0
    assert thirds.quantile_w(0.9) == 1800


def test_what_was_long_ago_has_no_say() -> None:
    pulses = watched([5000.0] * 30 + [100.0] * (int(WINDOW_S) + 1))
    assert pulses.quantile_w(0.99) == 100


def test_our_own_orders_are_no_pulses_of_the_house() -> None:
    """The middle jumps as orders go to and fro, but everything lies within what they explain."""
    pulses = Pulses()
    for index in range(40):
        mid_w = 1500.0 * (index % 2)
        pulses = pulses.watch(float(index), Evidence(-200.0, mid_w, 1700.0), RESPONSE_S)
    assert not pulses.is_on(39.0)


def test_at_a_slow_meter_nothing_counts_as_pulsing() -> None:
    pulses = Pulses()
    for index in range(20):
        house_w = 2000.0 * (index % 2)
        pulses = pulses.watch(60.0 * index, Evidence(house_w, house_w, house_w), RESPONSE_S)
    assert not pulses.is_on(1140.0)


def test_memory_does_not_grow() -> None:
    pulses = watched([1800.0 * (index % 2) for index in range(2000)])
    assert len(pulses.course) <= WINDOW_S + 1
    assert len(pulses.jumps) <= 4

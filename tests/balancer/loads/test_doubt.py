"""Whether a load without a meter has stopped by itself: doubted by a fall of its size, and only by one."""

import pytest

from services.balancer.loads.doubt import HALF, PATIENCE_S, PAUSE_S, Doubt, drew_nothing
from services.balancer.loads.steps import Step

POWER_W = 2000.0


def after(*levels_w: float, start_s: float = 0.0, doubt: Doubt | None = None) -> Doubt:
    """Each level for ten readings."""
    doubt, at_s = doubt or Doubt(), start_s
    for level_w in levels_w:
        for _ in range(10):
            at_s += 1
            doubt = doubt.watch(level_w, POWER_W, at_s)
    return doubt


def test_a_fall_of_its_size_is_a_doubt() -> None:
    assert after(2300, 300).stands


@pytest.mark.parametrize("levels_w", [(2300, 2300), (2300, 1800, 900, 300), (2300, 6300), (2300, -1700)])
def test_a_fall_of_another_size_is_none(levels_w: tuple[float, ...]) -> None:
    assert not after(*levels_w).stands


def test_a_kettle_of_its_size_comes_before_it_goes() -> None:
    kettle = after(2300, 4300, 2300)
    assert not kettle.stands
    assert after(300, start_s=100, doubt=kettle).stands, "this was not the kettle"


def test_one_bad_reading_is_no_fall() -> None:
    doubt = after(2300)
    for at_s, draw_w in enumerate([300.0, *[2300.0] * (2 * HALF)], 20):
        doubt = doubt.watch(draw_w, POWER_W, at_s)
    assert not doubt.stands


def test_it_is_not_asked_too_often() -> None:
    asked = after(2300, 300).over()
    assert not asked.stands
    assert not after(2300, 300, start_s=100, doubt=asked).stands
    assert after(2300, 300, start_s=PAUSE_S + 100, doubt=asked).stands


def test_a_load_that_may_not_be_switched_off_is_not_in_doubt_for_ever() -> None:
    doubted = after(2300, 300)
    assert after(300, start_s=100, doubt=doubted).stands
    assert not after(300, start_s=PAUSE_S + 100, doubt=doubted).stands


def test_a_test_has_an_end() -> None:
    doubt = after(2300, 300)
    assert doubt.waited(PATIENCE_S - 1).stands
    assert not doubt.waited(PATIENCE_S + 1).stands


def test_a_step_much_smaller_than_its_power_is_nothing() -> None:
    assert drew_nothing(Step(0, False, 100), POWER_W)
    assert not drew_nothing(Step(0, False, 1800), POWER_W)


def test_one_switching_without_a_step_is_no_proof_and_is_followed_by_another() -> None:
    once = after(2300, 300).answered(True)
    assert not once.is_proven
    assert not once.stands
    again = after(300, start_s=100, doubt=once)
    assert again.stands, "no new fall is waited for"
    assert again.answered(True).is_proven


def test_a_step_in_between_takes_the_doubt_away() -> None:
    drew = after(2300, 300).answered(True).answered(False)
    assert not drew.is_proven
    assert not after(2300, start_s=100, doubt=drew).stands
    assert not drew.answered(True).is_proven


def test_of_a_load_of_unknown_power_nothing_is_proven() -> None:
    assert not drew_nothing(Step(0, False, -20), 0.0)

"""How a device answers is learnt from the meter alone, from beliefs wrong by two either way."""

import pytest

from services.balancer.core.learning import (
    BANK,
    LARGE_W,
    LEAST_SPREAD,
    LEAST_SPREAD_LOSSY,
    ORDERS_TO_LEARN,
    PROMPT_S,
    Learning,
    adopt,
)
from services.balancer.core.response import MOST_SPREAD, Response
from services.balancer.core.track import Track
from tests.balancer.core.devices import battery

STEP_S = 40.0


def taught(truth: Response, orders: int = ORDERS_TO_LEARN, load_w: float = 500.0) -> Learning:
    """Learning after orders to and fro that a device with this response carries out; a reading each second."""
    learning, track, now_s = Learning(), Track.constant(0.0), 100.0
    for index in range(orders):
        goal_w = -2000.0 if index % 2 == 0 else 0.0
        learning = learning.executed(goal_w, track.at(now_s), now_s, 0.01)
        track = track.then(now_s + truth.dead_time_s, goal_w, truth.ramp_w_per_s)
        for second in range(round(STEP_S)):
            end_s = now_s + second + 0.37
            learning = learning.listened(load_w + track.mean(end_s - 1, end_s), end_s - 1, end_s)
        now_s += STEP_S
    return learning


@pytest.mark.parametrize("truth", [Response(0.6, 1000.0), Response(2.5, 500.0), Response(1.2, 250.0)])
def test_six_orders_tell_the_response(truth: Response) -> None:
    best = taught(truth).best
    assert best.dead_time_s == pytest.approx(truth.dead_time_s, rel=0.15)
    assert best.ramp_w_per_s == pytest.approx(truth.ramp_w_per_s, rel=0.35)


def test_the_first_time_a_cell_wins_it_is_believed_with_doubt_and_the_next_time_more_firmly() -> None:
    learning = taught(Response(0.6, 1000.0))
    device, learning = adopt(battery(), learning)
    assert device.spread == MOST_SPREAD
    device, learning = adopt(device, learning)
    assert device.spread == pytest.approx(MOST_SPREAD / 1.26)
    assert learning.orders == 0


@pytest.mark.parametrize(("refresh_s", "least"), [(0.0, LEAST_SPREAD), (2.0, LEAST_SPREAD_LOSSY)])
def test_some_doubt_always_stays(refresh_s: float, least: float) -> None:
    device, learning = battery(refresh_s=refresh_s), taught(Response(0.6, 1000.0))
    for _ in range(10):
        device, learning = adopt(device, learning)
    assert device.spread == least


def test_another_cell_brings_all_doubt_back() -> None:
    device, learning = battery(), taught(Response(0.6, 1000.0))
    for _ in range(5):
        device, learning = adopt(device, learning)
    device, _ = adopt(device, taught(Response(2.5, 500.0)))
    assert device.spread == MOST_SPREAD


def test_small_orders_teach_nothing() -> None:
    learning = Learning().executed(LARGE_W - 1, 0.0, 100.0, 0.0)
    assert learning.orders == 0
    assert learning.is_idle(101.0)


def test_an_order_confirmed_late_teaches_nothing_and_ends_the_listening() -> None:
    """On a lossy link it may have acted long before."""
    learning = Learning().executed(-2000.0, 0.0, 100.0, 0.0).executed(0.0, -2000.0, 104.0, PROMPT_S + 1)
    assert learning.orders == 1
    assert learning.listened(0.0, 104.0, 105.0).costs == Learning().costs


def test_without_orders_nothing_is_listened_to() -> None:
    learning = Learning()
    assert learning.is_idle(5.0)
    assert learning.listened(300.0, 4.0, 5.0) is learning


def test_every_candidate_is_played_through_every_order() -> None:
    learning = Learning().executed(-2000.0, 0.0, 100.0, 0.0)
    assert len(learning.tracks) == len(BANK) == 60
    assert {track.goal_w for track in learning.tracks} == {-2000.0}

"""How a device answers is learnt from the meter alone, from beliefs wrong by two either way."""

import pytest

from services.balancer.core.learning import (
    BANK,
    LARGE_W,
    LEAST_SPREAD,
    LEAST_SPREAD_LOSSY,
    MEAN,
    MOMENT,
    ORDERS_TO_LEARN,
    PROMPT_S,
    Learning,
    Window,
    adopt,
    kind_of,
)
from services.balancer.core.response import MOST_SPREAD, Response
from services.balancer.core.track import Track
from tests.balancer.core.devices import battery

STEP_S = 40.0


def taught(truth: Response, *, orders: int = ORDERS_TO_LEARN, momentary: bool = False) -> Learning:
    """Learning after orders to and fro that a device with this response carries out; a reading each second."""
    load_w = 500.0
    learning, track, now_s = Learning(), Track.constant(0.0), 100.0
    for index in range(orders):
        goal_w = -2000.0 if index % 2 == 0 else 0.0
        learning = learning.executed(goal_w, track.at(now_s), now_s, 0.01)
        track = track.then(now_s + truth.dead_time_s, goal_w, truth.ramp_w_per_s)
        for second in range(round(STEP_S)):
            end_s = now_s + second + 0.37
            read_w = load_w + (track.at(end_s) if momentary else track.mean(end_s - 1, end_s))
            learning = learning.listened((Window(end_s - 1, end_s, read_w), Window(end_s, end_s, read_w)))
        now_s += STEP_S
    return learning


@pytest.mark.parametrize("truth", [Response(0.6, 1000.0), Response(2.5, 500.0), Response(1.2, 250.0)])
def test_six_orders_tell_the_response(truth: Response) -> None:
    best = taught(truth).benches[MEAN].best
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
    assert learning.listened((Window(104.0, 105.0, 0.0),) * 2).benches == Learning().benches


def test_without_orders_nothing_is_listened_to() -> None:
    learning = Learning()
    assert learning.is_idle(5.0)
    assert learning.listened((Window(4.0, 5.0, 300.0),) * 2) is learning


def test_every_candidate_is_played_through_every_order() -> None:
    learning = Learning().executed(-2000.0, 0.0, 100.0, 0.0)
    assert len(learning.tracks) == len(BANK) == 60
    assert {track.goal_w for track in learning.tracks} == {-2000.0}


@pytest.mark.parametrize("truth", [Response(0.6, 1000.0), Response(0.3, 4000.0)])
@pytest.mark.parametrize("momentary", [False, True])
def test_of_which_kind_the_meter_is_shows_in_the_same_orders(truth: Response, momentary: bool) -> None:
    learning = taught(truth, momentary=momentary)
    kind = MOMENT if momentary else MEAN
    assert kind_of(MEAN, [learning]) == kind_of(MOMENT, [learning]) == kind
    assert learning.benches[kind].best.dead_time_s == pytest.approx(truth.dead_time_s, rel=0.2)


@pytest.mark.parametrize("momentary", [False, True])
def test_where_the_device_is_slow_it_matters_little_and_what_is_believed_stays(momentary: bool) -> None:
    learning = taught(Response(2.5, 500.0), momentary=momentary)
    assert [kind_of(kind, [learning]) for kind in (MEAN, MOMENT)] == [MEAN, MOMENT]


def test_a_few_orders_are_no_reason_to_think_otherwise_of_the_meter() -> None:
    assert kind_of(MEAN, [taught(Response(0.6, 1000.0), orders=3, momentary=True)]) == MEAN
    assert kind_of(MOMENT, []) == MOMENT


def test_another_kind_of_meter_brings_all_doubt_back() -> None:
    device, learning = battery(), taught(Response(0.6, 1000.0), momentary=True)
    for _ in range(5):
        device, learning = adopt(device, learning, MEAN)
    assert device.spread == LEAST_SPREAD
    device, _ = adopt(device, learning, MOMENT)
    assert device.spread == MOST_SPREAD


def test_in_a_house_that_moves_by_itself_an_order_teaches_nothing() -> None:
    told = Learning().executed(2000.0, 0.0, 100.0, 0.01, still=False)
    assert (told.orders, told.is_idle(100.5)) == (0, True)
    assert Learning().executed(2000.0, 0.0, 100.0, 0.01).orders == 1

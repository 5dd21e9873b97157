"""Quick devices carry what slow ones are not yet carrying; the owner's order says who has it in the end."""

from dataclasses import replace

import pytest

from services.balancer.core.decide import Core
from services.balancer.core.merit import Bounds
from services.balancer.core.response import Response
from services.balancer.core.speed import COUNTER_S, Pace, Situation, by_speed, slow_ones
from services.balancer.core.steps import Steps
from tests.balancer.core.devices import battery, told
from tests.balancer.core.stories import Story

SLOW = Response(3.0, 250.0)
WIDE = Bounds(-2500.0, 2500.0)


def pair(slow_first: bool = True) -> Story:
    """A slow and a quick battery on one house."""
    slow = battery("slow", response=SLOW, told=SLOW, spread=1.25)
    crew = (slow, battery("quick", spread=1.25)) if slow_first else (battery("quick", spread=1.25), slow)
    return Story(Core(devices=crew), {"slow": WIDE, "quick": WIDE})


def test_twice_the_time_is_no_reason_to_split() -> None:
    assert slow_ones((battery("a"), battery("b", response=Response(1.2, 1000.0)))) == frozenset()


def test_far_slower_than_the_quickest_is_slow() -> None:
    assert slow_ones(pair().core.devices) == {"slow"}


def test_a_lossy_link_makes_a_device_slow() -> None:
    assert slow_ones((battery("a"), battery("b", refresh_s=2.0))) == {"b"}


def test_alone_nobody_is_slow() -> None:
    assert slow_ones((battery("b", response=SLOW, refresh_s=2.0),)) == frozenset()


def test_a_step_is_taken_by_the_quick_one_first_and_handed_to_the_first_in_order() -> None:
    story = pair()
    story.rest(20, 0.0)
    first = story.read(2000.0)
    assert first.wishes == {"slow": 0, "quick": -2000}, "the slow one waits until the house holds still"
    last = [story.live(2000.0) for _ in range(60)][-1]
    assert last.wishes["slow"] == pytest.approx(-2000, abs=30)
    assert last.wishes["quick"] == pytest.approx(0, abs=30)


def test_a_house_that_does_not_hold_still_is_left_to_the_quick_one() -> None:
    story = pair()
    story.rest(20, 0.0)
    outcomes = [story.live(500.0 + 400.0 * (index % 2)) for index in range(10)]
    assert all(abs(outcome.wishes["slow"]) <= 25 for outcome in outcomes)


def situation(room_w: float, now_s: float, **changes: float) -> Situation:
    """A calm reading of the second that ends now."""
    made = Situation(
        start_s=now_s - 1,
        end_s=now_s,
        now_s=now_s,
        period_s=1.0,
        noise_w=25.0,
        room_w=room_w,
        calm_room_w=room_w,
        unexplained_w=0.0,
        bounds={"slow": WIDE, "quick": WIDE},
        steps={"slow": Steps(), "quick": Steps()},
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # numbers by name


def test_counter_flow_ends_after_the_slow_ones_own_time() -> None:
    """The load is gone, the slow one still gives 2 kW: the quick one may take them for a while, not for good."""
    slow = battery("slow", power_w=-2000.0, response=SLOW, told=SLOW)
    devices, pace, taken = (slow, battery("quick")), Pace(), []
    for second in range(30):
        pace, wishes = by_speed(pace, devices, situation(0.0, 100.0 + second))
        taken.append(wishes["quick"])
    allowed_s = min(COUNTER_S, slow.response_s)
    assert taken[0] == 2000
    assert [power_w > 0 for power_w in taken].index(False) == pytest.approx(allowed_s + 1, abs=1.1)
    assert taken[-1] == 0


def test_counter_flow_of_a_few_watts_is_no_matter() -> None:
    slow = battery("slow", power_w=-80.0, response=SLOW, told=SLOW)
    pace, devices = Pace(opposed_since_s=50.0), (slow, battery("quick"))
    pace, wishes = by_speed(pace, devices, situation(0.0, 100.0))
    assert wishes["quick"] == 80
    assert pace.opposed_since_s is None


def test_a_slow_one_that_began_before_its_word_came_is_not_covered_twice() -> None:
    """Its confirmation is lost, but the meter shows 1 kW that nobody else can be: the quick one gives that less."""
    slow = told(battery("slow", response=SLOW, told=SLOW), -2000.0, 90.0)
    waiting = replace(slow, nominal=battery().nominal, late=battery().late, awaiting="1-0")
    devices = (waiting, battery("quick"))
    _, blind = by_speed(Pace(), devices, situation(-2000.0, 100.0))
    _, aware = by_speed(Pace(), devices, situation(-2000.0, 100.0, unexplained_w=-1000.0))
    assert blind["quick"] == -2000
    assert -1000 <= aware["quick"] <= -500


def test_two_readings_make_a_calm_house() -> None:
    pace = Pace().watch(0.0, 25.0).watch(500.0, 25.0)
    assert pace.calm_rest_w == 0
    assert pace.watch(520.0, 25.0).calm_rest_w == 520


def test_in_the_steady_state_the_order_of_the_owner_holds_either_way() -> None:
    for slow_first, carrier in ((True, "slow"), (False, "quick")):
        wishes = pair(slow_first).rest(60, 1500.0).wishes
        assert min(wishes, key=wishes.__getitem__) == carrier

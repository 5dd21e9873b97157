"""What measurements prove: arrivals, gains, limits, and orders that were not followed."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.cap import Cap
from services.balancer.core.dosed import Dosed, ordered
from services.balancer.core.response import Response
from tests.balancer.core.devices import battery, seen, told


def test_a_sample_in_flight_says_nothing() -> None:
    device = told(battery(), -2000.0, 100.0)
    assert seen(device, -700.0, 101.3) == device


def test_a_sample_at_the_goal_proves_the_order_even_in_flight() -> None:
    device = seen(told(battery(), -2000.0, 100.0), -1990.0, 102.5)
    assert device.proven
    assert device.explanations(103.0, 104.0) == (-2000, -2000, -2000)


def test_arriving_where_it_came_from_proves_nothing() -> None:
    """Ordered from 0 to 30 W, a sample of 20 W may be either."""
    device = told(battery(), 30.0, 100.0)
    assert not seen(device, 20.0, 101.0).proven


def test_at_rest_the_measurement_replaces_the_belief() -> None:
    device = seen(told(battery(), -2000.0, 100.0), -1988.0, 120.0)
    assert device.proven
    assert device.nominal.at(120) == -1988
    assert device.sent_w == -2000, "12 W of 2 kW are nothing to ask again for"


def test_a_device_that_gives_five_per_cent_less_is_told_five_per_cent_more_in_the_end() -> None:
    device, now_s = battery(), 100.0
    for _ in range(12):
        device = told(device, -1000.0, now_s, setpoint_w=-1000.0 / device.gain)
        assert device.setpoint_w is not None
        device = seen(device, 0.95 * device.setpoint_w, now_s + 20)
        now_s += 30
    assert device.proven_w == pytest.approx(-1000, rel=0.015)


@pytest.mark.parametrize("wrong", [0.9, 1.1])
def test_a_gain_learnt_while_a_battery_was_nearly_full_is_unlearnt(wrong: float) -> None:
    """It does what it is told from now on: eleven per cent more than is meant is the gain's error, not its own."""
    device, now_s = replace(battery(), gain=wrong), 100.0
    for _ in range(8):
        device = told(device, -1000.0, now_s, setpoint_w=-1000.0 / device.gain)
        assert device.setpoint_w is not None
        device = seen(device, device.setpoint_w, now_s + 20)
        now_s += 30
    assert device.gain == pytest.approx(1, abs=0.02)


@given(st.lists(st.floats(0.5, 1.5), min_size=1, max_size=20))
def test_a_gain_never_leaves_ten_per_cent(shares: list[float]) -> None:
    device, now_s = battery(), 100.0
    for share in shares:
        device = seen(told(device, -1500.0, now_s), -1500.0 * share, now_s + 20)
        now_s += 30
        assert 0.9 <= device.gain <= 1.1


def obeying(limit_w: float, orders: int, device: Dosed | None = None, soc_pct: float | None = None) -> Dosed:
    """A battery that gives no more than `limit_w`, asked so often for 2 kW."""
    asked = device or battery()
    start_s = asked.nominal.knots[-1][0] + 100.0
    for index in range(orders):
        now_s = start_s + 30 * index
        asked = seen(told(asked, -2000.0, now_s), -limit_w, now_s + 20, soc_pct)
    return asked


def test_a_shortfall_is_asked_again() -> None:
    device = obeying(800.0, 1)
    assert device.discharge_cap == Cap()
    assert device.sent_w == -800
    assert device.is_new(-2000.0)


def test_one_that_moved_and_then_no_further_has_a_limit_without_margin() -> None:
    device = obeying(800.0, 2)
    assert (device.discharge_cap.most_w, device.charge_cap.most_w) == (800, inf)
    assert device.reach.low_w == -800


def test_one_that_never_moved_is_asked_twice_more() -> None:
    """An ignored order looks like a limit."""
    assert obeying(0.0, 2).discharge_cap == Cap()
    assert obeying(0.0, 3).discharge_cap.most_w == 0


def test_letting_go_is_no_movement_towards_a_limit() -> None:
    """Its own timer ran out, because the next order was lost."""
    assert obeying(0.0, 1, battery(power_w=-700.0)).misses == 1


def test_one_that_is_still_on_its_way_has_no_limit() -> None:
    device = obeying(1200.0, 1, obeying(800.0, 1))
    assert device.discharge_cap == Cap()
    assert obeying(1200.0, 1, device).discharge_cap.most_w == 1200


def test_samples_while_it_waits_to_be_asked_again_are_no_success() -> None:
    device = obeying(800.0, 1)
    assert seen(device, -800.0, 125.0).misses == 2


def test_a_success_in_between_begins_the_count_anew() -> None:
    device = obeying(800.0, 1)
    device = obeying(2000.0, 1, device)
    device = obeying(800.0, 1, device)
    assert device.discharge_cap == Cap()


def test_a_limit_of_nothing_at_all_is_learnt_and_left_again() -> None:
    device = obeying(0.0, 3)
    assert device.discharge_cap.most_w == 0
    probing = seen(told(device, 0.0, 1000.0, setpoint_w=-100.0), -100.0, 1020.0)
    assert probing.discharge_cap.most_w == 100


def test_a_limit_near_empty_is_tied_to_the_state_of_charge_and_let_go_with_it() -> None:
    device = obeying(400.0, 3, soc_pct=15.0)
    assert device.discharge_cap.tied_to_pct == 15
    assert seen(device, -400.0, 400.0, 16.0).discharge_cap.most_w == 400
    assert seen(device, -400.0, 400.0, 17.5).discharge_cap == Cap()


def test_more_than_the_limit_raises_it_and_doubles_the_next_try() -> None:
    device = obeying(800.0, 3)
    passed = seen(told(device, -800.0, 900.0, setpoint_w=-900.0), -900.0, 920.0)
    assert (passed.discharge_cap.most_w, passed.discharge_cap.probe_w) == (900, 200)


def test_a_probe_counts_as_tried_when_it_is_sent() -> None:
    device = told(obeying(800.0, 3), -800.0, 900.0, setpoint_w=-900.0)
    assert not device.discharge_cap.is_due(-800.0, 1499.0)
    assert device.discharge_cap.is_due(-800.0, 1500.0)


@pytest.mark.parametrize("given_w", [-1500.0, 700.0], ids=["over-delivered", "the wrong way"])
def test_what_was_not_ordered_is_corrected_by_asking_again_and_after_three_times_left(given_w: float) -> None:
    device, now_s = battery(), 100.0
    for again in (True, True, False):
        device = seen(told(device, -1000.0, now_s), given_w, now_s + 20)
        assert device.sent_w == given_w, "what it does is what counts"
        assert device.is_new(-1000.0) is again
        now_s += 30
    assert device.discharge_cap == Cap()


def test_a_dead_band_is_no_limit() -> None:
    """A device that ignores orders below 80 W still gives 2 kW when the kettle is on."""
    device, now_s = battery(), 100.0
    for _ in range(6):
        device = seen(told(device, -60.0, now_s), 0.0, now_s + 20)
        now_s += 30
    assert device.discharge_cap == Cap()


def test_a_lost_confirmation_is_made_good_by_the_arrival() -> None:
    device = seen(ordered(battery(), "1-0", -1000.0, -1000.0, 100.0), -995.0, 103.0)
    assert device.proven
    assert device.nominal.at(104.0) == -1000


@given(st.lists(st.tuples(st.floats(-2500, 2500), st.floats(-3000, 3000), st.floats(0.1, 60)), max_size=15))
def test_whatever_is_measured_no_belief_is_lost(story: list[tuple[float, float, float]]) -> None:
    """Caps stay above or at zero, gains near one, and every explanation finite."""
    device, now_s = battery(), 100.0
    for order_w, power_w, wait_s in story:
        device = seen(told(device, order_w, now_s), power_w, now_s + wait_s, 50.0)
        now_s += wait_s
        assert device.discharge_cap.most_w >= 0
        assert device.charge_cap.most_w >= 0
        assert 0.9 <= device.gain <= 1.1
        assert all(abs(power) <= 3000 for power in device.explanations(now_s, now_s + 1))


def test_a_sample_that_no_explanation_reaches_is_what_it_does_instead() -> None:
    """It was at −1500 W by itself, was told to stay there, and at that moment fell to 0."""
    device = ordered(battery(power_w=-1500.0), "1-0", -1500.0, -1500.0, 100.0)
    device = seen(device, 0.0, 102.0)
    assert (device.proven, device.proven_w) == (False, 0)


@given(st.floats(-2500, 2500), st.floats(-2500, 2500), st.floats(0, 8))
def test_a_sample_on_the_way_from_the_one_to_the_other_changes_nothing(
    from_w: float, to_w: float, after_s: float
) -> None:
    device = told(battery(power_w=from_w), to_w, 100.0)
    sample_w = device.late.at(100 + after_s)
    after = seen(device, sample_w, 100 + after_s)
    assert after in (device, seen(device, to_w, 100 + after_s)) or device.late.is_settled(98.8 + after_s)


JUMPS = Response(0.3, 100_000.0)


def test_of_what_jumps_a_confirmation_is_proof_until_telemetry_contradicts() -> None:
    dimmer = told(battery("heater", response=JUMPS, told=JUMPS), 500, 100.0)
    assert not dimmer.may_ignore
    following = told(told(dimmer, 520, 101.0), 540, 102.0)
    assert not seen(following, 520, 103.0).may_ignore
    doubted = seen(following, 0.0, 103.0)
    assert doubted.may_ignore
    assert told(doubted, 560, 103.1).may_ignore
    assert not seen(doubted, 540, 110.0).may_ignore


def test_a_battery_has_to_show_it() -> None:
    assert told(battery(), 500, 100.0).may_ignore

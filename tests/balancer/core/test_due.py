"""When a wish becomes an order, and what exactly the device is told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.cap import Cap
from services.balancer.core.dosed import Dosed
from services.balancer.core.due import RETRY_S, Due, due_now, setpoint
from services.balancer.core.merit import Bounds
from services.balancer.core.pulses import GAP_S
from services.balancer.core.speed import Situation
from services.balancer.core.steps import Steps
from tests.balancer.core.devices import battery, told

WIDE = Bounds(-2500.0, 2500.0)


def asked(
    device: Dosed,
    wish_w: float,
    now_s: float,
    *,
    limits: Bounds = WIDE,
    room_w: float | None = None,
    pulsing: bool = False,
) -> tuple[Dosed, tuple[Due, ...]]:
    """One reading of a second that ends at `now_s`."""
    now = Situation(
        start_s=now_s - 1,
        end_s=now_s,
        now_s=now_s,
        period_s=1.0,
        noise_w=25.0,
        room_w=wish_w if room_w is None else room_w,
        calm_room_w=0.0,
        unexplained_w=0.0,
        bounds={},
        steps={},
    )
    devices, due = due_now((device,), {device.id: wish_w}, {device.id: limits}, now, pulsing=pulsing)
    return devices[0], due


def until_due(device: Dosed, wish_w: float, now_s: float) -> int:
    """Readings until the order leaves."""
    for seconds in range(1, 200):
        device, due = asked(device, wish_w, now_s + seconds)
        if due:
            return seconds
    return 999


@pytest.mark.parametrize(("error_w", "readings"), [(1000, 1), (100, 1), (39, 2), (15, 3), (5, 8), (3, 14), (2, 999)])
def test_a_kilowatt_goes_at_once_fifteen_watts_after_three_seconds_and_two_watts_never(
    error_w: float, readings: int
) -> None:
    assert until_due(told(battery(), -500.0, 50.0), -500.0 - error_w, 100.0) == readings


def test_over_a_lossy_link_small_errors_wait_longer() -> None:
    device = told(battery(refresh_s=2.0), -500.0, 50.0)
    assert until_due(device, -515.0, 100.0) == 27
    assert until_due(device, -900.0, 100.0) == 1


@pytest.mark.parametrize("refresh_s", [0.0, 2.0, 10.0])
def test_no_order_leaves_before_the_device_takes_one_again(refresh_s: float) -> None:
    device = told(battery(refresh_s=refresh_s), -500.0, 100.0)
    due_at = [now for now in range(101, 115) if asked(device, 2000.0, float(now))[1]]
    assert due_at[0] == max(101, 100 + refresh_s)


def test_while_the_house_pulses_at_most_one_order_in_ten_seconds() -> None:
    device = told(battery(), -500.0, 100.0)
    assert not asked(device, -2000.0, 100.0 + GAP_S - 1, pulsing=True)[1]
    assert asked(device, -2000.0, 100.0 + GAP_S, pulsing=True)[1]


def test_turning_round_goes_at_once_unless_it_is_noise() -> None:
    device = told(battery(), -10.0, 50.0)
    assert not asked(device, 8.0, 100.0)[1]
    assert asked(device, 16.0, 100.0)[1]


def test_a_device_beyond_a_limit_is_called_back_at_once() -> None:
    """At the reserve 30 W of discharge are stopped now, not when 40 Ws are owed."""
    device = told(battery(), -30.0, 50.0)
    assert asked(device, 0.0, 100.0, limits=Bounds(0.0, 2500.0))[1] == (Due("garage", 0.0, 0.0),)


def test_what_it_did_not_do_is_asked_again_after_a_pause() -> None:
    device = told(battery(), -500.0, 100.0)
    unheld = replace(device, setpoint_w=None, sent_w=0.0)
    assert not asked(unheld, -500.0, 100.0 + RETRY_S - 1)[1]
    assert asked(unheld, -500.0, 100.0 + RETRY_S)[1]


def test_what_it_holds_is_not_told_again_although_it_brings_less() -> None:
    """The owner allows 800 W, the device makes 720 of them: there is nothing to ask for."""
    device = told(battery(gain=0.9), -720.0, 100.0, setpoint_w=-800.0)
    assert not asked(device, -800.0, 200.0, limits=Bounds(-800.0, 800.0))[1]


def test_the_gain_is_corrected_within_the_limits_only() -> None:
    assert setpoint(battery(gain=0.95), -950.0, WIDE) == -1000
    assert setpoint(battery(gain=0.9), -800.0, Bounds(-800.0, 800.0)) == -800
    assert setpoint(battery(gain=1.1), 2500.0, WIDE) == 2273


@given(
    st.floats(0.9, 1.1),
    st.floats(-4000, 4000),
    st.floats(-500, 500),
    st.sampled_from([0.1, 1.0, 24.0, 50.0]),
    st.builds(Bounds, st.floats(-3000, 0), st.floats(0, 3000)),
)
def test_a_set_point_never_leaves_its_limits_and_is_a_whole_step(
    gain: float, wish_w: float, probe_w: float, step_w: float, limits: Bounds
) -> None:
    told_w = setpoint(battery(gain=gain, steps=Steps(step_w)), wish_w, limits, probe_w)
    assert limits.low_w <= told_w <= limits.high_w
    assert told_w / step_w == pytest.approx(round(told_w / step_w), abs=1e-6)


CAPPED = Cap(800.0, 0.0)


def test_a_learnt_limit_is_tried_while_somebody_wants_more() -> None:
    device = told(battery(discharge_cap=CAPPED), -800.0, 50.0)
    assert asked(device, -800.0, 100.0, room_w=-2000.0)[1] == (Due("garage", -800.0, -900.0),)


def test_a_try_asks_for_no_more_than_is_wanted() -> None:
    device = told(battery(discharge_cap=CAPPED), -800.0, 50.0)
    assert asked(device, -800.0, 100.0, room_w=-860.0)[1] == (Due("garage", -800.0, -860.0),)
    assert not asked(device, -800.0, 100.0, room_w=-820.0)[1]


def test_a_try_never_leaves_the_owners_limit() -> None:
    device = told(battery(discharge_cap=CAPPED), -800.0, 50.0)
    assert not asked(device, -800.0, 100.0, room_w=-2000.0, limits=Bounds(-800.0, 800.0))[1]


def test_a_limit_on_charging_is_not_tried_by_discharging() -> None:
    device = told(battery(charge_cap=CAPPED), -800.0, 50.0)
    assert not asked(device, -800.0, 100.0, room_w=-2000.0)[1]


def test_an_order_beyond_a_limit_found_meanwhile_is_taken_back_to_it_at_once() -> None:
    """Else it would stand there, and be carried out on the day on which the limit goes."""
    capped = Cap(800.0, try_after_s=900.0)
    device = replace(told(battery(), -800.0, 100.0, setpoint_w=-1500.0), discharge_cap=capped)
    _, due = asked(device, -800.0, 130.0, limits=Bounds(-800.0, 2500.0), room_w=-1500.0)
    assert [order.setpoint_w for order in due] == [-800.0]
    device = replace(device, setpoint_w=-900.0)
    assert asked(device, -800.0, 130.0, room_w=-1500.0)[1] == (), "a probe may stand"


LEVELS = Steps(levels_w=(0.0, 300.0, 500.0, 900.0))


@pytest.mark.parametrize(
    ("cap_w", "stands_w", "tried_w"), [(0.0, 0.0, 300.0), (280.0, 0.0, 300.0), (499.6, 300.0, 500.0)]
)
def test_a_limit_between_two_levels_is_tried_from_the_lower_one(cap_w: float, stands_w: float, tried_w: float) -> None:
    """Else a heater whose thermostat was open when it was learnt would never be asked again."""
    heater = battery(steps=LEVELS, charge_cap=Cap(cap_w), setpoint_w=stands_w, sent_w=stands_w)
    _, due = asked(heater, stands_w, 100.0, room_w=1500.0)
    assert [(order.power_w, order.setpoint_w) for order in due] == [(stands_w, tried_w)]


def test_a_probe_that_the_limits_no_longer_allow_is_taken_back_at_once() -> None:
    """Nobody counts on it, so the wish does not differ; what the device is told is beyond its limit all the same."""
    capped = replace(told(battery(), 500.0, 50.0), charge_cap=Cap(500.0), setpoint_w=600.0)
    assert asked(capped, 500.0, 100.0)[1] == ()
    _, due = asked(capped, 500.0, 100.0, limits=Bounds(-2500.0, 500.0))
    assert [each.setpoint_w for each in due] == [500.0]

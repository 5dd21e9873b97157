"""Orders and their confirmations: what a device may be doing between the one and the other."""

from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.dosed import Dosed, confirmed, failed, free, ordered, seen_until
from tests.balancer.core.devices import battery, told

POWERS = st.integers(-2500, 2500).map(float)


def test_an_order_may_act_early_before_it_is_confirmed_but_is_not_counted_on() -> None:
    device = ordered(battery(), "1-0", -1000.0, -1000.0, 100.0)
    assert device.early.at(105) == -1000
    assert device.nominal.at(105) == device.late.at(105) == 0
    assert (device.awaiting, device.proven) == ("1-0", False)


def test_its_confirmation_starts_what_is_believed() -> None:
    device = told(battery(), -1000.0, 100.0)
    assert device.awaiting is None
    assert device.nominal.at(100.61) == 0
    assert device.nominal.at(101.11) == -500
    assert device.late.at(101.21) == 0


def test_a_word_about_an_older_order_confirms_nothing() -> None:
    device = ordered(ordered(battery(), "1-0", -500.0, -500.0, 100.0), "1-1", -1000.0, -1000.0, 100.1)
    assert confirmed(device, "1-0", 100.2) == device
    assert failed(device, "1-0") == device


def test_a_failed_order_leaves_the_device_as_it_was_and_is_owed_again() -> None:
    device = failed(ordered(battery(power_w=300.0), "1-0", -1000.0, -1000.0, 100.0), "1-0")
    assert (device.sent_w, device.setpoint_w, device.awaiting) == (300, None, None)
    assert device.explanations(110.0, 111.0) == (300, 300, 300), "nothing is left in flight that never left"
    assert device.is_new(-1000.0)


def test_an_order_that_fails_later_is_owed_again_too() -> None:
    """As when its renewal finds the device gone."""
    device = failed(told(battery(), -1000.0, 100.0), "1-9")
    assert device.setpoint_w is None


def test_a_failure_while_another_order_still_moves_the_device_leaves_that_one_alone() -> None:
    moving = told(battery(), -1000.0, 100.0)
    after = failed(ordered(moving, "1-1", -2000.0, -2000.0, 101.0), "1-1")
    assert after.sent_w == -1000
    assert after.nominal == moving.nominal


def test_whoever_is_under_no_order_of_ours_proves_nothing() -> None:
    device = free(told(battery(), -1000.0, 100.0), 250.0, 110.0)
    assert (device.sent_w, device.setpoint_w, device.proven, device.misses) == (250, None, True, 0)
    assert device.explanations(111.0, 112.0) == (250, 250, 250)


def test_what_it_holds_already_is_not_news() -> None:
    device = told(battery(), -1000.0, 100.0)
    assert not device.is_new(-1002.0)
    assert device.is_new(-1003.0)


def test_a_device_asked_in_vain_three_times_is_asked_only_for_something_clearly_else() -> None:
    device = battery(setpoint_w=-60.0, misses=3)
    assert not device.is_new(-100.0)
    assert device.is_new(-110.0)
    assert ordered(device, "1-0", -110.0, -110.0, 9.0).misses == 0


@given(st.lists(st.tuples(st.integers(1, 40), POWERS), max_size=6), st.floats(0, 100))
def test_belief_always_lies_between_its_own_bounds(orders: list[tuple[int, float]], start_s: float) -> None:
    device, now_s = battery(), 0.0
    for pause, power_w in orders:
        now_s += pause / 4
        device = told(device, power_w, now_s)
    nominal_w, least_w, most_w = device.explanations(start_s, start_s + 1)
    assert least_w - 1e-9 <= nominal_w <= most_w + 1e-9
    assert least_w >= -2500 - 1e-9
    assert most_w <= 2500 + 1e-9


@given(st.lists(st.tuples(st.integers(1, 40), POWERS), max_size=6), st.floats(0, 60), st.floats(0, 20))
def test_forgetting_the_past_changes_no_later_question(
    orders: list[tuple[int, float]], time_s: float, later_s: float
) -> None:
    device: Dosed = battery()
    now_s = 0.0
    for pause, power_w in orders:
        now_s += pause / 4
        device = told(device, power_w, now_s)
    shorter = seen_until(device, time_s)
    assert shorter.explanations(time_s + later_s, time_s + later_s + 1) == device.explanations(
        time_s + later_s, time_s + later_s + 1
    )


def corrected(steps_w: list[float], apart_s: float = 5.0) -> Dosed:
    """A battery whose order was changed by these steps."""
    device = told(battery(), -1000.0, 100.0)
    for index, step_w in enumerate(steps_w):
        device = told(device, device.sent_w + step_w, 120.0 + apart_s * index)
    return device


def test_fine_corrections_to_and_fro_make_it_patient() -> None:
    """Its steps are coarser than it says: the meter will never be pleased."""
    assert [corrected([40.0, -40.0] * n).patience for n in (0, 1, 2, 3, 9)] == [1, 1, 4, 16, 16]


def test_corrections_in_one_direction_do_not() -> None:
    assert corrected([20.0] * 10).patience == 1


def test_nor_do_steps_of_the_house_or_corrections_far_apart() -> None:
    assert corrected([2000.0, -2000.0] * 5).patience == 1
    assert corrected([40.0, -40.0] * 5, apart_s=61.0).patience == 1


def test_a_step_of_the_house_ends_its_patience() -> None:
    assert corrected([*[40.0, -40.0] * 9, 1500.0]).patience == 1

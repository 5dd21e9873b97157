"""A learnt limit: found, believed, tried again, and forgotten where the state of charge made it."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.cap import FIRST_PROBE_W, HOLD_S, NOTHING_HOLD_S, Cap, explaining_pct


def test_a_device_that_was_never_short_has_no_limit_and_is_never_tried() -> None:
    assert Cap().most_w == inf
    assert not Cap().is_due(-1e6, 1e9)


def test_a_limit_is_what_the_device_gave_without_any_margin() -> None:
    assert Cap().found(-792.0, 100.0, None).most_w == 792.0


def test_a_limit_is_believed_for_ten_minutes_before_it_is_tried() -> None:
    cap = Cap().found(800.0, 100.0, None)
    assert not cap.is_due(800.0, 100.0 + HOLD_S - 1)
    assert cap.is_due(800.0, 100.0 + HOLD_S)


def test_only_an_order_at_the_limit_tries_it() -> None:
    cap = Cap().found(800.0, 0.0, None)
    assert not cap.is_due(700.0, HOLD_S)
    assert cap.is_due(-799.5, HOLD_S)


def test_after_a_try_the_next_one_waits_ten_minutes() -> None:
    cap = Cap().found(800.0, 0.0, None).tried(700.0)
    assert not cap.is_due(800.0, 700.0 + HOLD_S - 1)
    assert cap.is_due(800.0, 700.0 + HOLD_S)


def test_each_success_raises_the_limit_and_doubles_the_next_try() -> None:
    cap = Cap().found(800.0, 0.0, None).passed(900.0, 650.0)
    assert (cap.most_w, cap.probe_w) == (900.0, 2 * FIRST_PROBE_W)
    assert cap.is_due(900.0, 651.0), "a limit that just gave way is tried on at once"
    assert cap.passed(1100.0, 660.0).probe_w == 4 * FIRST_PROBE_W


def test_a_limit_that_the_state_of_charge_explains_is_let_go_when_that_has_moved() -> None:
    full = Cap().found(400.0, 0.0, 97.0)
    assert full.relaxed(96.0) is full
    assert full.relaxed(95.0) == Cap()


def test_a_limit_that_nothing_explains_is_never_forgotten() -> None:
    cap = Cap().found(800.0, 0.0, None)
    assert cap.relaxed(3.0) is cap


def test_an_unknown_state_of_charge_lets_nothing_go() -> None:
    cap = Cap().found(400.0, 0.0, 97.0)
    assert cap.relaxed(None) is cap


@pytest.mark.parametrize(
    ("power_w", "soc_pct", "explained"),
    [(500, 95, True), (500, 50, False), (500, 5, False), (-500, 15, True), (-500, 50, False), (-500, 95, False)],
)
def test_a_full_battery_explains_little_charge_and_an_empty_one_little_discharge(
    power_w: float, soc_pct: float, explained: bool
) -> None:
    assert explaining_pct(power_w, soc_pct) == (soc_pct if explained else None)
    assert explaining_pct(power_w, None) is None


@given(st.floats(0, 5000), st.lists(st.sampled_from(["pass", "try"]), max_size=12))
def test_a_limit_of_any_size_also_zero_can_be_tried_out_of(found_w: float, story: list[str]) -> None:
    """Whatever happened, some time later an order at the limit carries a probe of at least 100 W."""
    cap, now_s = Cap().found(found_w, 0.0, None), 0.0
    for event in story:
        now_s += 1000
        cap = cap.tried(now_s) if event == "try" else cap.passed(cap.most_w + cap.probe_w, now_s)
    assert cap.is_due(cap.most_w, now_s + HOLD_S)
    assert cap.probe_w >= FIRST_PROBE_W


def test_one_that_did_nothing_is_tried_again_after_a_minute_unless_its_charge_explains_it() -> None:
    assert Cap().found(-12.0, 100.0, None).is_due(-12.0, 100.0 + NOTHING_HOLD_S)
    assert not Cap().found(-12.0, 100.0, 12.0).is_due(-12.0, 100.0 + HOLD_S - 1)

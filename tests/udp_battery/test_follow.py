"""Readings beside orders: a table of what follows, what is explained, and what is not."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.udp_battery.follow import PROOF_S, RESENDS, Order, Seen, Told, judge, told
from services.udp_battery.wire import VendorMode

CHARGE = Order(mode="Passive", power_w=2000, hold_s=90)
DISCHARGE = Order(mode="Passive", power_w=-2000, hold_s=90)
IDLE = Order(mode="Passive", power_w=0, hold_s=90)
AUTO = Order(mode="Auto")


def seen(
    power_w: float | None, mode: VendorMode | None = "Passive", soc_pct: float | None = 50, at_s: float = 0
) -> Seen:
    return Seen(at_s=at_s, mode=mode, power_w=power_w, soc_pct=soc_pct)


@pytest.mark.parametrize(
    ("order", "reading", "judged"),
    [
        (CHARGE, seen(2000), "follows"),
        (CHARGE, seen(1800), "follows"),
        (CHARGE, seen(2190), "follows"),
        (CHARGE, seen(1700), "short"),
        (CHARGE, seen(0), "deaf"),
        (CHARGE, seen(-700), "deaf"),
        (CHARGE, seen(2500), "deaf"),
        (CHARGE, seen(2000, None), "follows"),
        (CHARGE, seen(None), "unknown"),
        (CHARGE, seen(2000, "Auto"), "elsewhere"),
        (CHARGE, seen(900, soc_pct=96), "follows"),
        (CHARGE, seen(-300, soc_pct=99), "follows"),
        (CHARGE, seen(900, soc_pct=None), "short"),
        (DISCHARGE, seen(-800), "short"),
        (DISCHARGE, seen(0, soc_pct=12), "follows"),
        (DISCHARGE, seen(0, soc_pct=40), "deaf"),
        (DISCHARGE, seen(-1900), "follows"),
        (IDLE, seen(40), "follows"),
        (IDLE, seen(80), "deaf"),
        (Order(mode="Passive", power_w=70), seen(0), "follows"),
        (Order(mode="Passive", power_w=-120), seen(0), "deaf"),
        (AUTO, seen(300, "Auto"), "follows"),
        (AUTO, seen(300, "Passive"), "elsewhere"),
        (AUTO, seen(300, None), "unknown"),
    ],
)
def test_a_reading_beside_an_order(order: Order, reading: Seen, judged: str) -> None:
    """Checklist 8: max(50 W, 10 %), unless state of charge, taper or smallness explain it."""
    assert judge(order, reading) == judged


def fresh(order: Order = CHARGE, *, is_fragile: bool = False) -> Told:
    return told(None, order, 100.0, 100.2, seen(0, "Auto"), is_fragile=is_fragile)


def test_it_is_first_looked_at_when_the_change_should_be_over() -> None:
    big, small = fresh(), fresh(Order(mode="Passive", power_w=100, hold_s=90))
    assert 106 <= big.look_s <= 109
    assert 103 <= small.look_s <= 105
    assert fresh(is_fragile=True).look_s == pytest.approx(100.2 + PROOF_S)


def test_it_gets_its_time_before_it_is_judged() -> None:
    early = fresh().looked(seen(0, at_s=108), is_fragile=False)
    assert (early.verdict, early.look_s) == ("open", 112)
    late = early.looked(seen(0, at_s=112.3), is_fragile=False)
    assert late.verdict == "again"


def test_it_is_told_twice_more_and_then_given_up() -> None:
    """Checklist 8."""
    known, now_s = fresh(), 100.2
    for resend in range(RESENDS):
        known = known.looked(seen(0, at_s=now_s + 13), is_fragile=False)
        assert known.verdict == "again"
        now_s += 14
        known = told(known, CHARGE, now_s, now_s, None, is_fragile=False)
        assert known.resends == resend + 1
    known = known.looked(seen(0, at_s=now_s + 13), is_fragile=False)
    assert known.verdict == "deaf"
    assert known.is_in_vain


def test_three_times_the_same_lower_power_is_a_limit() -> None:
    """Checklist 9."""
    known, now_s = fresh(DISCHARGE), 100.2
    for _ in range(RESENDS):
        known = known.looked(seen(-799, at_s=now_s + 13), is_fragile=False)
        now_s += 14
        known = told(known, DISCHARGE, now_s, now_s, None, is_fragile=False)
    known = known.looked(seen(-801, at_s=now_s + 13), is_fragile=False)
    assert known.verdict == "short"
    assert known.capped_w == -801


def test_three_different_lower_powers_are_no_limit() -> None:
    known, now_s = fresh(DISCHARGE), 100.2
    for power_w in (-400, -900):
        known = known.looked(seen(power_w, at_s=now_s + 13), is_fragile=False)
        now_s += 14
        known = told(known, DISCHARGE, now_s, now_s, None, is_fragile=False)
    known = known.looked(seen(-1500, at_s=now_s + 13), is_fragile=False)
    assert known.verdict == "deaf"
    assert known.capped_w is None


def test_feeding_its_timer_does_not_begin_the_judgement_anew() -> None:
    proven = fresh().looked(seen(2000, at_s=108), is_fragile=False)
    fed = told(proven, Order(mode="Passive", power_w=2000, hold_s=75), 145.0, 145.2, None, is_fragile=False)
    assert fed.verdict == "proven"
    assert fed.since_s == proven.since_s
    assert fed.ends_s == 145 + 75


def test_a_changed_mode_is_taken_back_at_once_and_a_changed_power_on_second_sight() -> None:
    """F24."""
    proven = fresh().looked(seen(2000, at_s=108), is_fragile=False)
    assert proven.looked(seen(2000, "Auto", at_s=120), is_fragile=False).verdict == "again"
    doubted = proven.looked(seen(0, at_s=120), is_fragile=False)
    assert (doubted.verdict, doubted.look_s) == ("open", 124)
    assert doubted.looked(seen(2000, at_s=124), is_fragile=False).verdict == "proven"


def test_a_mode_changed_right_after_the_order_waits_a_little() -> None:
    """I9: no more than one re-send in 12 s."""
    proven = fresh().looked(seen(2000, at_s=105), is_fragile=False)
    assert proven.looked(seen(2000, "Auto", at_s=107), is_fragile=False).verdict == "open"


def test_an_unknown_power_proves_nothing_and_condemns_nothing() -> None:
    looked = fresh().looked(seen(None, at_s=120), is_fragile=False)
    assert looked.verdict == "open"
    assert looked.look_s > 120


def test_a_battery_that_will_not_be_let_go_is_asked_each_minute() -> None:
    """Handing it back is the one thing that is never given up."""
    known, now_s, asked = told(None, AUTO, 100.0, 100.2, None, is_fragile=False), 100.2, 0
    for _ in range(60):
        now_s += 10
        known = known.looked(seen(600, "Passive", at_s=now_s), is_fragile=False)
        if known.verdict == "again":
            asked += 1
            known = told(known, AUTO, now_s, now_s, None, is_fragile=False)
    assert 8 <= asked <= 12
    assert known.is_in_vain


readings = st.tuples(
    st.floats(1, 40),
    st.sampled_from([None, 0.0, 500.0, 1400.0, 2000.0, -800.0]),
    st.sampled_from(["Passive", "Auto", "Manual", None]),
)


@given(st.lists(readings, max_size=40), st.booleans())
def test_no_history_of_readings_makes_it_send_more_than_once_in_twelve_seconds(
    history: list[tuple[float, float | None, VendorMode | None]], is_fragile: bool
) -> None:
    """I9, and the memory of it stays small."""
    known, now_s, sent_s = fresh(is_fragile=is_fragile), 100.2, [100.2]
    for later_s, power_w, mode in history:
        now_s += later_s
        known = known.looked(seen(power_w, mode, at_s=now_s), is_fragile=is_fragile)
        assert len(known.short_w) <= RESENDS + 1
        assert known.look_s > now_s or known.look_s == math.inf
        if known.verdict == "again":
            sent_s.append(now_s)
            known = told(known, CHARGE, now_s, now_s, None, is_fragile=is_fragile)
    assert all(later - earlier >= PROOF_S - 1e-6 for earlier, later in pairwise(sent_s))

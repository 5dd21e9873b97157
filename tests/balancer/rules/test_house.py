"""The policy about the whole house: whose word comes first, and what nobody may pass."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.wish import House, Room, agree
from services.balancer.rules import HOUSE
from services.balancer.rules.autonomous import SHARE, leave_to_the_loop
from services.balancer.rules.connection import keep_the_feed_in, keep_the_fuse

POWERS = st.floats(-20_000, 20_000)
LIMITS = st.one_of(st.just(inf), st.floats(0, 20_000))


def room(rest_w: float, **house: object) -> Room:
    """What the rules make of a house."""
    return agree(House(rest_w=rest_w, **house), HOUSE)  # type: ignore[arg-type]  # fields by name, as the test says


def test_the_normal_case_holds_the_grid_at_its_target() -> None:
    assert room(800.0) == Room(-800, "hold_the_grid")
    assert room(800.0, target_grid_w=50.0) == Room(-750, "hold_the_grid")
    assert room(-3000.0, target_grid_w=-200.0) == Room(2800, "hold_the_grid")


def test_the_owners_word_comes_before_the_houses_need() -> None:
    assert room(800.0, manual_w=2000.0) == Room(2000, "manual")
    assert room(800.0, manual_w=0.0) == Room(0, "manual"), "zero is a word too"


def test_the_fuse_comes_before_the_owners_word() -> None:
    """9 kW connection, the house draws 8: of 2 kW of charging only one fits."""
    assert room(8000.0, manual_w=2000.0, max_import_w=9000.0) == Room(1000, "manual", "import_limit")


def test_a_house_above_its_connection_is_helped_whatever_the_owner_said() -> None:
    assert room(10_000.0, manual_w=2000.0, max_import_w=9000.0).room_w == -1000


def test_the_feed_in_limit_binds_the_owners_word_too() -> None:
    assert room(-2000.0, manual_w=-2000.0, max_export_w=3000.0) == Room(-1000, "manual", "export_limit")


def test_a_house_that_may_not_feed_in_at_all_stores_what_it_can() -> None:
    assert room(-2000.0, manual_w=0.0, max_export_w=0.0) == Room(2000, "manual", "export_limit")


@given(POWERS, st.one_of(st.none(), POWERS), LIMITS, LIMITS, st.tuples(st.floats(-5000, 0), st.floats(0, 5000)))
def test_the_connection_binds_in_every_mode(
    rest_w: float, manual_w: float | None, most_in_w: float, most_out_w: float, loop_w: tuple[float, float]
) -> None:
    grid_w = (
        rest_w + room(rest_w, manual_w=manual_w, max_import_w=most_in_w, max_export_w=most_out_w, loop_w=loop_w).room_w
    )
    assert -most_out_w - 1e-6 <= grid_w <= most_in_w + 1e-6


def test_an_unlimited_connection_says_nothing() -> None:
    assert keep_the_fuse(House(rest_w=99_999.0)) is None
    assert keep_the_feed_in(House(rest_w=-99_999.0)) is None


LOOP = (SHARE * -800.0, SHARE * 2500.0)


@pytest.mark.promise("4.8-04")
@pytest.mark.parametrize(("rest_w", "overflow_w"), [(0, 0), (600, 0), (-1900, 0), (1720, -1000), (-3250, 1000)])
def test_beside_a_battery_that_leads_the_others_take_the_overflow_only(rest_w: float, overflow_w: float) -> None:
    """The leader does −800 to 2500 W, and is left a tenth of that to regulate with."""
    assert room(rest_w, loop_w=LOOP) == Room(overflow_w, "overflow")


def test_without_a_leader_there_is_no_overflow() -> None:
    assert leave_to_the_loop(House(rest_w=5000.0)) is None


@given(POWERS, POWERS)
def test_the_overflow_never_runs_against_the_need(rest_w: float, target_w: float) -> None:
    """Else the dosed devices would feed the leader, or the leader them."""
    need_w = target_w - rest_w
    overflow_w = room(rest_w, target_grid_w=target_w, loop_w=LOOP).room_w
    assert overflow_w * need_w >= 0
    assert abs(overflow_w) <= abs(need_w)

"""What a plan changes about the room, and what it may not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.execution import Act, Intent
from services.balancer.core.wish import Guide, House, Room, agree
from services.balancer.rules import HOUSE

POWERS = st.integers(-9000, 9000).map(float)
BALANCE = Act(Intent.BALANCE, 0.0)


def guide(act: Act = BALANCE, value: float = 0.20, paid: float = 0.25, received: float = 0.04) -> Guide:
    return Guide(act, value, paid, received, charge_efficiency=0.95, discharge_efficiency=0.95)


def room(rest_w: float, found: Guide | None, **house: Any) -> Room:  # fields of a house by name
    return agree(House(rest_w=rest_w, guide=found, **house), HOUSE)


def test_it_gives_where_buying_costs_more_than_what_is_stored_is_worth() -> None:
    assert room(800.0, guide(value=0.20, paid=0.25)) == Room(-800, "hold_the_grid")
    assert room(800.0, guide(value=0.24, paid=0.25)) == Room(0, "plan_hold")


def test_surplus_is_stored_unless_selling_it_brings_more() -> None:
    assert room(-800.0, guide(received=0.04)) == Room(800, "hold_the_grid")
    assert room(-800.0, guide(received=0.30)) == Room(0, "plan_hold")


def test_it_charges_from_the_grid_and_sells_only_where_the_plan_says_so() -> None:
    assert room(800.0, guide(Act(Intent.CHARGE, 2000.0))) == Room(2000, "plan_charge")
    assert room(-3000.0, guide(Act(Intent.CHARGE, 2000.0))) == Room(3000, "hold_the_grid"), "there is enough sun"
    assert room(800.0, guide(Act(Intent.DISCHARGE, -2000.0))) == Room(-2000, "plan_discharge")


def test_the_target_of_the_grid_counts_as_zero() -> None:
    assert room(800.0, guide(), target_grid_w=50.0) == Room(-750, "hold_the_grid")
    assert room(40.0, guide(value=0.50), target_grid_w=50.0) == Room(10, "hold_the_grid")


@pytest.mark.parametrize(
    ("house", "expected"),
    [
        ({"max_import_w": 2500.0}, Room(1700, "plan_charge", "import_limit")),
        ({"manual_w": -300.0}, Room(-300, "manual")),
        ({"loop_w": (-800.0, 800.0)}, Room(0, "overflow")),
    ],
)
def test_limits_the_owner_and_a_loop_come_before_the_plan(house: dict[str, Any], expected: Room) -> None:
    assert room(800.0, guide(Act(Intent.CHARGE, 3000.0)), **house) == expected


def test_what_the_plan_holds_back_is_given_where_the_connection_needs_it() -> None:
    assert room(10_000.0, guide(value=0.50), max_import_w=9000.0) == Room(-1000, "plan_hold", "import_limit")


def test_no_reading_is_above_the_planned_peak() -> None:
    assert room(800.0, guide(Act(Intent.CHARGE, 3000.0)), peak_w=2500.0) == Room(1700, "plan_charge", "planned_peak")
    assert room(4000.0, guide(value=0.50), peak_w=2500.0) == Room(-1500, "plan_hold", "planned_peak")
    assert room(4000.0, None, manual_w=1000.0, peak_w=2500.0) == Room(-1500, "manual", "planned_peak")
    assert room(800.0, guide(value=0.50), peak_w=2500.0) == Room(0, "plan_hold")


@given(POWERS, st.floats(0.01, 0.5))
def test_with_one_price_all_day_a_plan_changes_nothing(rest_w: float, price: float) -> None:
    """Value and price are one then, but for what is lost."""
    found = guide(value=0.95 * price, paid=price, received=min(0.04, price / 2))
    assert room(rest_w, found) == room(rest_w, None)

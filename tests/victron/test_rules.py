"""The pure rules: when the GX is asked, what may be spent, what is wanted of a setting and of the meter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import Command
from services.victron import reserve, steering
from services.victron.budget import DAY_MS, KEPT_BACK, Budget
from services.victron.config import SystemSettings
from services.victron.lifeline import Lifeline
from services.victron.reserve import AGAIN_S, BOUNDS, KNOBS, Reserve, Setting
from services.victron.situation import Situation
from services.victron.steering import Wheel

POWERS = st.floats(-20_000, 20_000)
PERCENTS = st.none() | st.floats(0, 100)
SETTINGS = SystemSettings(host="gx", max_charge_w=3000, max_discharge_w=2500)


def command(minimum: float | None = None, target: float | None = None, battery_life: bool | None = None) -> Command:
    """A reserve."""
    return Command(
        cmd_id="1-1",
        epoch=1,
        issued_at_ms=0,
        ttl_s=120,
        action="set_reserve",
        min_soc_pct=minimum,
        charge_target_pct=target,
        battery_life=battery_life,
    )


@pytest.mark.promise("5.8-07")
@given(PERCENTS, PERCENTS, st.none() | st.booleans())
def test_what_is_asked_of_a_setting_is_within_its_bounds_or_nothing(
    minimum: float | None, target: float | None, battery_life: bool | None
) -> None:
    asked = {knob: reserve.asked(command(minimum, target, battery_life), knob) for knob in KNOBS}
    assert asked["battery_life"] in (None, 1.0, 10.0)
    for knob, given_pct in (("minimum", minimum), ("target", target)):
        least, most = BOUNDS["minimum" if knob == "minimum" else "target"]
        value = asked["minimum" if knob == "minimum" else "target"]
        assert (value is None) is (given_pct is None)
        assert value is None or (least <= value <= most and value == int(value))


@given(POWERS, POWERS, st.floats(-4000, 4000))
def test_the_set_point_of_the_meter_is_the_house_without_the_battery_and_the_order(
    grid_w: float, battery_w: float, power_w: float
) -> None:
    seen = Situation(grid_w=grid_w, battery_w=battery_w)
    setpoint_w = steering.setpoint_w(power_w, seen)
    assert setpoint_w == pytest.approx(grid_w - battery_w + power_w, abs=0.51)


def test_without_a_meter_or_a_battery_there_is_no_set_point() -> None:
    assert steering.setpoint_w(100.0, Situation(grid_w=100.0)) is None
    assert steering.setpoint_w(100.0, Situation(battery_w=100.0)) is None


@given(POWERS, st.floats(0, 100), st.none() | st.floats(0, 5000), st.none() | st.floats(0, 5000))
def test_never_past_a_limit_and_never_below_the_minimum(
    power_w: float, soc_pct: float, charge_w: float | None, discharge_w: float | None
) -> None:
    seen = Situation(soc_pct=soc_pct, limit_pct=20.0, charge_limit_w=charge_w, discharge_limit_w=discharge_w)
    granted_w = steering.permitted(SETTINGS, seen).clamp(power_w)
    assert -2500 <= granted_w <= 3000
    assert granted_w >= 0 or (soc_pct > 20 and (discharge_w is None or -granted_w <= discharge_w))
    assert charge_w is None or granted_w <= charge_w


def test_with_an_unknown_charge_nothing_is_discharged() -> None:
    assert steering.permitted(SETTINGS, Situation(rated_w=5000)).min_w == 0


def test_an_override_of_somebody_else_is_known_and_one_of_ours_is_too() -> None:
    wheel = steering.told(Wheel(), 1500.0, 10.0)
    assert not steering.saw(wheel, 1500.4, 10.1).has_rival  # it comes back as a 32-bit float
    assert steering.saw(wheel, -900.0, 10.1).has_rival
    assert not steering.saw(Wheel(is_ours=True), -900.0, 10.1).has_rival  # left from before a restart


def test_a_setting_that_is_refused_is_tried_again_each_hour() -> None:
    setting = Setting(wanted=30.0, tries=3, wrote_s=100.0)
    assert setting.is_in_vain
    assert not reserve.is_due(setting, 20.0, 100.0 + AGAIN_S - 1)
    assert reserve.is_due(setting, 20.0, 100.0 + AGAIN_S)


def test_what_somebody_else_sets_under_a_reserve_is_what_the_owner_gets_back() -> None:
    setting = Setting(owner=20.0, wanted=30.0, is_settled=True)
    assert reserve.saw(setting, 15.0, is_kept=True).owner == 15.0


def test_a_setting_that_is_not_known_is_not_written() -> None:
    assert not reserve.is_due(Setting(wanted=30.0), None, 1000.0)


@given(st.lists(st.sampled_from(["order", "pause", "change", "look"]), max_size=60), st.floats(0, 100))
def test_of_any_history_the_owners_value_comes_back_unless_somebody_else_changed_it(
    steps: list[str], owner: float
) -> None:
    """A small model of a GX that takes what it is told at once."""
    value: float = owner
    now_s, was_changed = 0.0, False
    state = Reserve(free_s=0.0)
    for step in [*steps, *["look"] * 40]:
        now_s += 61.0 if step != "pause" else 400.0
        wanted = command(minimum=30) if step == "order" else None
        if step == "change":
            value, was_changed = 17.0, True
        state = reserve.noticed(state, wanted, now_s)
        is_kept = wanted is not None or now_s - state.free_s < reserve.GRACE_S
        setting = reserve.saw(state["minimum"], value, is_kept=is_kept)
        if reserve.is_due(setting, value, now_s) and setting.wanted is not None:
            setting, value = reserve.told(setting, value, now_s), setting.wanted or 0.0
        state = state.having("minimum", setting)
    assert value == pytest.approx(owner, abs=reserve.SAME_PCT) or was_changed
    assert value != 30 or was_changed or owner == pytest.approx(30, abs=reserve.SAME_PCT)


def test_it_is_asked_for_everything_first_and_then_only_to_go_on() -> None:
    line = Lifeline(since_s=0.0)
    assert line.due(0.0) == "full"
    line = line.asked("full", 0.0)
    assert line.due(14.0) is None
    assert line.due(15.0) == "full"  # no answer
    line = line.beaten(1.0).completed().beaten(28.0)
    assert line.is_complete is False  # its heart stood still; what it said before is not believed
    line = line.asked("full", 28.0).completed()
    for at_s in range(29, 58, 3):
        line = line.beaten(float(at_s))
    assert line.due(57.0) is None
    assert line.due(58.0) == "more"
    assert not line.asked("more", 58.0).is_gone(58.0)


def test_the_day_of_the_budget_is_any_24_hours() -> None:
    budget = Budget(8)
    for at_ms in range(4):
        assert budget.allows(at_ms)
        budget = budget.after(at_ms)
    assert not budget.allows(5)
    assert budget.allows(5, is_last=True)
    assert budget.left(5) == KEPT_BACK
    assert budget.allows(DAY_MS + 3)


@given(st.lists(st.tuples(st.integers(0, 3 * DAY_MS), st.booleans()), max_size=80), st.integers(8, 30))
def test_within_no_24_hours_more_is_written_than_allowed(tries: list[tuple[int, bool]], most: int) -> None:
    budget, written = Budget(most), list[int]()
    for at_ms, is_last in sorted(tries):
        if budget.allows(at_ms, is_last=is_last):
            budget = budget.after(at_ms)
            written.append(at_ms)
    for at_ms in written:
        assert sum(at_ms <= other < at_ms + DAY_MS for other in written) <= most

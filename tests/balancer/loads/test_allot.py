"""Room down the list: each load all of its power or nothing, in order, and no battery's discharge among it."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.allot import Claim, Grant, Sink, Supply, allot, drawn_w
from services.balancer.loads.duty import Duty
from services.balancer.loads.headroom import Headroom
from services.balancer.loads.lowest import Lowest
from services.balancer.loads.switching import Run

NOW_S = 10_000.0
READY = Run(False, 0.0, room_since_s=0.0)
"""It has had room for long."""
ON = Run(True, 0.0)
FREE = Duty(None, "surplus")


def claim(name: str, power_w: float, run: Run = READY, duty: Duty = FREE, **more: Any) -> Claim:  # as Claim says
    return Claim(id=name, power_w=power_w, run=run, duty=duty, **more)


def shared(entries: Sequence[Sink | Claim], surplus_w: float, **more: Any) -> dict[str, bool]:
    supply = Supply(surplus_w=surplus_w, now_s=NOW_S, elapsed_s=1.0, **more)
    return {name: grant.on for name, grant in allot(entries, supply).items()}


def test_first_come_first_served() -> None:
    loads: list[Sink | Claim] = [claim("a", 2000), claim("b", 1000)]
    assert shared(loads, 2200) == {"a": True, "b": False}
    assert shared(loads, 3300) == {"a": True, "b": True}
    assert shared(loads, 1500) == {"a": False, "b": True}


def test_a_higher_one_displaces_a_lower_one_at_once() -> None:
    """Lower loads never keep power from higher ones: the older engine's inversion of priorities."""
    assert shared([claim("a", 1500), claim("b", 600, ON), claim("c", 900, ON)], 1600) == {
        "a": True,
        "b": False,
        "c": False,
    }


def test_what_must_run_is_taken_off_first() -> None:
    must = claim("z", 1000, ON, Duty(True, "slot"))
    assert shared([claim("a", 1500), must], 2000) == {"a": False, "z": True}
    assert shared([claim("a", 1500), must], 2600) == {"a": True, "z": True}


def test_a_battery_above_takes_what_it_can_first_and_one_below_does_not() -> None:
    battery = Sink(id="battery", most_w=800)
    assert shared([battery, claim("a", 1000)], 1500) == {"a": False}
    assert shared([claim("a", 1000), battery], 1500) == {"a": True}


def test_the_batteries_charge_may_go_first_from_below() -> None:
    battery = Sink(id="battery", most_w=800)
    assert shared([claim("a", 1000, after_stores=True), battery], 1500) == {"a": False}
    assert shared([claim("a", 1000, after_stores=True), battery], 1900) == {"a": True}


def test_overcharge_gets_what_is_left_in_the_end() -> None:
    full = claim("full", 1000, READY, Duty(None, "overcharge"))
    assert shared([full, claim("a", 1000)], 1500) == {"a": True, "full": False}
    assert shared([full, claim("a", 1000)], 2200) == {"a": True, "full": True}


def test_what_is_fed_in_for_a_while_is_nobody_s() -> None:
    """A battery that is believed to take 2,500 W and does not."""
    battery = Sink(id="battery", most_w=2500)
    assert shared([battery, claim("a", 1000), claim("b", 1000)], 1500, exported_w=1400) == {"a": True, "b": False}
    assert shared([battery, claim("a", 1000, ON)], 1500, exported_w=300) == {"a": True}


def test_the_connection_is_kept_from_the_bottom_up_and_before_minimum_times() -> None:
    must = [claim("a", 2000, ON, Duty(True, "min_on")), claim("b", 2000, ON, Duty(True, "min_on"))]
    granted = allot(list(must), Supply(surplus_w=-4000, headroom=Headroom(whole_w=3000), now_s=NOW_S, elapsed_s=1.0))
    assert granted["a"].on
    assert granted["b"] == Grant(False, "connection", Run(False, NOW_S))


def test_a_minimum_time_is_told_only_while_it_binds() -> None:
    young = claim("a", 1000, ON, Duty(True, "min_on"))
    supply = Supply(surplus_w=1200, now_s=NOW_S, elapsed_s=1.0)
    assert allot([young], supply)["a"].rule == "surplus"
    assert allot([young], Supply(surplus_w=900, now_s=NOW_S, elapsed_s=1.0))["a"].rule == "min_on"


claims = st.lists(
    st.builds(
        Claim,
        id=st.uuids().map(str),
        power_w=st.just(0.0) | st.floats(1, 3000),
        run=st.sampled_from([READY, ON, Run(), Run(True, NOW_S - 5)]),
        duty=st.sampled_from(
            [Duty(None, "surplus"), Duty(None, "overcharge"), Duty(True, "slot"), Duty(False, "min_off")]
        ),
        after_stores=st.booleans(),
    ),
    max_size=6,
)


@given(claims, st.floats(-3000, 8000), st.floats(0, 6000))
def test_new_starts_on_surplus_fit_into_the_surplus_and_all_into_the_connection(
    loads: list[Claim], surplus_w: float, budget_w: float
) -> None:
    supply = Supply(surplus_w=surplus_w, headroom=Headroom(whole_w=budget_w), now_s=NOW_S, elapsed_s=1.0)
    granted = allot(loads, supply)
    must_w = sum(each.power_w for each in loads if each.duty.must and granted[each.id].on)
    started_w = sum(
        each.power_w for each in loads if each.duty.must is None and granted[each.id].on and not each.run.on
    )
    assert started_w <= max(0.0, surplus_w - must_w) + 1e-6
    assert drawn_w(loads, granted) <= budget_w + 1e-6
    assert all(granted[each.id].on is False for each in loads if each.duty.must is False)


@given(claims, st.floats(-3000, 8000))
def test_the_same_question_gets_the_same_answer(loads: list[Claim], surplus_w: float) -> None:
    supply = Supply(surplus_w=surplus_w, now_s=NOW_S, elapsed_s=1.0)
    assert allot(loads, supply) == allot(list(loads), supply)


def test_a_needed_load_whose_time_it_is_comes_before_everybody_that_only_may() -> None:
    battery = Sink(id="battery", most_w=2500)
    loads: list[Sink | Claim] = [battery, claim("pump", 1000), claim("boiler", 2000, goes_first=True)]
    assert shared(loads, 2200) == {"pump": False, "boiler": True}


def test_one_at_a_time_takes_the_risk_that_the_sky_closes() -> None:
    """Beside a load that must stay on another one starts only if both were fed in the worst of the last minutes."""
    young = claim("a", 1000, ON, Duty(True, "min_on"))
    assert shared([young, claim("b", 1000)], 3000, floor_w=1500) == {"a": True, "b": False}
    assert shared([young, claim("b", 1000)], 3000, floor_w=2000) == {"a": True, "b": True}
    assert shared([claim("b", 1000)], 3000, floor_w=-500) == {"b": True}
    assert shared([claim("b", 1000), claim("c", 1000)], 3000, floor_w=-500) == {"b": True, "c": False}
    assert shared([claim("a", 1000, ON), claim("b", 1000)], 3000, floor_w=-500) == {"a": True, "b": True}


def test_the_least_of_the_last_minutes() -> None:
    lowest = Lowest()
    for second, power_w in enumerate((500.0, 300.0, 400.0, 900.0)):
        lowest = lowest.watch(power_w, float(second), 10.0)
    assert lowest.least_w == 300
    assert lowest.watch(800.0, 11.5, 10.0).least_w == 400
    assert lowest.watch(800.0, 30.0, 10.0).least_w == 800
    assert Lowest().least_w == float("-inf")


def test_one_that_must_start_displaces_those_on_surplus_at_once() -> None:
    starts = claim("boiler", 2000, Run(), Duty(True, "slot"))
    assert shared([starts, claim("pump", 750, ON)], 2100) == {"boiler": True, "pump": False}
    assert shared([starts, claim("pump", 750, ON)], 2800) == {"boiler": True, "pump": True}


def test_with_the_batteries_help_a_needed_load_goes_on_and_starts_only_under_a_steady_sky() -> None:
    """800 W of battery beside 1.2 kW of sun; in the last minutes the sun was once at 300 W."""
    runs, waits = claim("a", 2000, ON, helped_w=800.0), claim("a", 2000, helped_w=800.0)
    assert allot([runs], Supply(surplus_w=1250, floor_w=1100, now_s=NOW_S, elapsed_s=600))["a"].rule == "slot"
    assert shared([runs], 1250) == {"a": True}
    assert not allot([claim("a", 2000, ON)], Supply(surplus_w=1250, now_s=NOW_S, elapsed_s=600))["a"].on
    assert shared([waits], 1250, floor_w=2150.0) == {"a": True}
    assert shared([waits], 1250, floor_w=1100.0) == {"a": False}


def test_a_needed_load_with_better_sun_to_hope_for_starts_only_under_a_sky_that_carries_most_of_it() -> None:
    hopes = claim("a", 2000, helped_w=640.0, start_w=2400.0)
    assert shared([hopes], 3000, floor_w=1190.0) == {"a": False}
    assert shared([hopes], 3000, floor_w=1210.0) == {"a": True}
    last = claim("a", 2000, helped_w=640.0)
    assert shared([last], 3000, floor_w=1190.0) == {"a": True}, "nothing better comes, so it is now"


def test_what_batteries_do_not_carry_is_borne_for_a_moment_only() -> None:
    """Both lack 200 W for eleven seconds; of the one whose lack the batteries carried first, the grid brings all."""
    helped, alone = claim("a", 2000, ON, helped_w=800.0), claim("a", 2000, ON)
    assert not allot([helped], Supply(surplus_w=1000, now_s=NOW_S, elapsed_s=11))["a"].on
    assert allot([alone], Supply(surplus_w=1800, now_s=NOW_S, elapsed_s=11))["a"].on


def test_a_load_starts_on_what_is_worth_starting_on_and_goes_on_with_what_it_draws() -> None:
    assert shared([claim("a", 2000, start_w=2800.0)], 2500) == {"a": False}
    assert shared([claim("a", 2000, start_w=2800.0)], 2900) == {"a": True}
    assert shared([claim("a", 2000, ON, start_w=2800.0)], 2100) == {"a": True}

"""What the connection bears of switched loads: shed from the bottom up, never in vain, and nobody starts on a guess."""

from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.allot import Claim, Supply, allot
from services.balancer.loads.duty import Duty
from services.balancer.loads.headroom import Drawn, Headroom
from services.balancer.loads.switching import Run

NOW_S = 10_000.0
ON, READY = Run(True, NOW_S - 10), Run(False, 0.0, room_since_s=0.0)
BOUND, FREE = Duty(True, "min_on"), Duty(None, "surplus")


def on(name: str, power_w: float, *phases: int, duty: Duty = BOUND) -> Claim:
    """A load that runs, young enough to be bound by its minimum time."""
    return Claim(id=name, power_w=power_w, run=ON, duty=duty, phases=phases)


def shed(loads: list[Claim], headroom: Headroom) -> set[str]:
    """Who has to go."""
    granted = allot(list(loads), Supply(surplus_w=10_000, headroom=headroom, now_s=NOW_S, elapsed_s=1.0))
    return {name for name, grant in granted.items() if not grant.on}


def test_the_lowest_in_the_order_goes_first_and_no_more_than_need_be() -> None:
    loads = [on("a", 1000, 1), on("b", 1000, 1), on("c", 1000, 1)]
    assert shed(loads, Headroom(phases_w={1: 3000.0})) == set()
    assert shed(loads, Headroom(phases_w={1: 2500.0})) == {"c"}
    assert shed(loads, Headroom(phases_w={1: 900.0})) == {"a", "b", "c"}


def test_a_load_on_another_phase_is_not_shed_in_vain() -> None:
    loads = [on("a", 1000, 1), on("b", 1000, 2), on("c", 1000, 2)]
    assert shed(loads, Headroom(phases_w={1: 500.0, 2: 2000.0})) == {"a"}


def test_a_load_that_draws_nothing_is_not_shed_in_vain() -> None:
    """Its thermostat is open: switching it off frees nothing."""
    loads = [on("a", 2000, 1), on("full", 0.0, 1)]
    assert shed(loads, Headroom(phases_w={1: -100.0})) == {"a"}


def test_who_somebody_counts_on_is_shed_last_wherever_it_stands() -> None:
    loads = [on("a", 1000, 1), on("b", 1000, 1, duty=FREE), on("freezer", 1000, 1, duty=Duty(True, "always"))]
    assert shed(loads, Headroom(phases_w={1: 2000.0})) == {"b"}
    assert shed(loads, Headroom(phases_w={1: 1000.0})) == {"a", "b"}
    assert shed(loads, Headroom(phases_w={1: 500.0})) == {"a", "b", "freezer"}


def test_a_load_of_unknown_phase_is_judged_by_each_of_them() -> None:
    loads = [on("a", 1000, 1), on("anywhere", 1000, 1, 2, 3)]
    fits = {1: 2000.0, 2: 1000.0, 3: 1000.0}
    assert shed(loads, Headroom(phases_w=fits)) == set()
    assert shed(loads, Headroom(phases_w=fits | {3: 900.0})) == {"anywhere"}


def test_nobody_starts_on_room_that_is_only_there_by_a_guess() -> None:
    """2 kW of phase 1 may be those of a load of unknown phase: who runs may go on, nobody starts on them."""
    guess = Headroom(phases_w={1: 2500.0}, hidden_w={1: 2000.0})
    starter = Claim(id="new", power_w=1000, run=READY, duty=FREE, phases=(1,))
    assert shed([starter], guess) == {"new"}
    assert shed([on("old", 1000, 1)], guess) == set()
    assert shed([starter], Headroom(phases_w={1: 2500.0})) == set()


drawn = st.builds(
    Drawn, power_w=st.floats(0, 4000), on=st.booleans(), phases=st.lists(st.integers(1, 3), unique=True).map(tuple)
)


@given(drawn, st.floats(-4000, 4000), st.dictionaries(st.integers(1, 3), st.floats(-4000, 4000)))
def test_who_is_borne_leaves_no_phase_overloaded(load: Drawn, whole_w: float, phases_w: dict[int, float]) -> None:
    room = Headroom(whole_w=whole_w, phases_w=phases_w)
    if room.bears(load) and load.power_w >= 1:
        left = room.less(load)
        assert left.whole_w >= 0
        assert all(left.phases_w[phase] >= 0 for phase in load.phases if phase in phases_w)

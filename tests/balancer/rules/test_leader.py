"""Who leads and who helps: the hysteresis of the fourth seed, and every one of its defects turned round."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.rules.leader import LEADER_W, LEAST_HELP_W, Candidate, Team, choose


def battery(name: str, soc_pct: float, **facts: object) -> Candidate:
    """A Marstek of 2500 W either way, with a floor of 20 %."""
    made = {
        "max_charge_w": 2500.0,
        "max_discharge_w": 2500.0,
        "may_discharge": soc_pct > 20,
        "may_charge": soc_pct < 100,
    }
    return Candidate(id=name, soc_pct=soc_pct, **(made | facts))  # type: ignore[arg-type]  # facts by name


def trio(a_pct: float = 80, b_pct: float = 75, c_pct: float = 70) -> list[Candidate]:
    """The three batteries of the seed's closed loop."""
    return [battery("a", a_pct), battery("b", b_pct), battery("c", c_pct)]


def total_w(team: Team) -> float:
    """What the helpers do together."""
    return sum(team.helpers_w.values())


@pytest.mark.promise("4.8-03")
@pytest.mark.parametrize(("need_w", "leader"), [(800, "a"), (-800, "c"), (0, "b"), (99, "b")])
def test_the_fullest_gives_the_emptiest_takes_and_the_middle_one_waits(need_w: float, leader: str) -> None:
    assert choose(trio(), need_w, None).leader == leader


@pytest.mark.promise("4.8-02")
def test_exactly_one_leads_and_everybody_else_holds_a_set_point() -> None:
    for need_w in range(-9000, 9001, 250):
        team = choose(trio(), need_w, "b")
        assert team.leader is not None
        assert {team.leader, *team.helpers_w} == {"a", "b", "c"}


@pytest.mark.promise("4.8-02")
def test_a_leader_stays_while_nobody_is_placed_better_by_five_per_cent() -> None:
    assert choose(trio(79.0, 75.0, 70.0), 3000, "b").leader == "b"
    assert choose(trio(81.0, 75.0, 70.0), 3000, "b").leader == "a"


@pytest.mark.promise("4.8-02")
def test_a_leader_stays_while_the_need_is_small() -> None:
    assert choose(trio(95, 50, 45), 1400, "b").leader == "b"
    assert choose(trio(95, 50, 45), 1600, "b").leader == "a"


@pytest.mark.promise("4.8-02")
@pytest.mark.promise("4.8-06")
@pytest.mark.parametrize(("socs", "need_w"), [((60.0, 20.0, 55.0), 300), ((60.0, 95.0, 55.0), -300)])
def test_a_leader_at_20_or_95_per_cent_is_relieved_at_any_power(socs: tuple[float, ...], need_w: float) -> None:
    low = [battery(name, soc, may_discharge=True) for name, soc in zip("abc", socs, strict=True)]
    assert choose(low, need_w, "b").leader != "b"


def test_where_all_are_low_the_lead_does_not_go_round_in_circles() -> None:
    low = [battery(name, soc, may_discharge=True) for name, soc in (("a", 18.0), ("b", 19.0), ("c", 17.0))]
    assert choose(low, 2000, "a").leader == "a"


@pytest.mark.promise("4.8-03")
def test_a_more_efficient_battery_is_never_chosen_less() -> None:
    """Both ways, at equal charge; and a little more efficiency never jumps over a lot of charge."""
    pair = [battery("a", 60, round_trip=0.80), battery("b", 60, round_trip=0.85)]
    assert choose(pair, 2000, None).leader == choose(pair, -2000, None).leader == "b"
    for better in (0.80, 0.85, 0.9, 0.95, 1.0):
        fuller = [battery("a", 90, round_trip=0.80), battery("b", 60, round_trip=better)]
        assert choose(fuller, 2000, None).leader == "a"


@given(st.floats(0.5, 1), st.floats(0.5, 1), st.floats(25, 95), st.sampled_from([2000.0, -2000.0]))
@pytest.mark.promise("4.8-03")
def test_efficiency_weighs_monotonically(worse: float, better: float, soc_pct: float, need_w: float) -> None:
    worse, better = sorted((worse, better))
    pair = [battery("z", soc_pct, round_trip=better), battery("a", soc_pct, round_trip=worse)]
    assert choose(pair, need_w, None).leader == "z"


@pytest.mark.promise("4.8-04")
def test_helpers_share_the_need_and_do_not_each_do_all_of_it() -> None:
    """The seed commanded the leader plus 2 × 2500 W for 5000 W."""
    team = choose(trio(), 5000, "a")
    assert team.helpers_w == {"b": -1750, "c": -1750}
    assert 5000 + total_w(team) == LEADER_W


@pytest.mark.promise("4.8-04")
@pytest.mark.promise("4.8-08")
def test_helpers_give_when_the_house_lacks_power_and_take_when_it_has_too_much() -> None:
    """In the contract's sign: − discharges. The seed had it the other way round."""
    assert all(power_w < 0 for power_w in choose(trio(), 6000, None).helpers_w.values())
    assert all(power_w > 0 for power_w in choose(trio(), -6000, None).helpers_w.values())


@pytest.mark.promise("4.8-05")
def test_powers_below_300_w_are_nobodys_help() -> None:
    assert total_w(choose(trio(), LEADER_W + 299, "a")) == 0
    assert choose(trio(), LEADER_W + 500, "a").helpers_w == {"b": 0, "c": -500}
    for need_w in range(-8000, 8001, 100):
        for power_w in choose(trio(95, 60, 25), need_w, None).helpers_w.values():
            assert power_w == 0 or abs(power_w) >= LEAST_HELP_W


def test_what_one_helper_cannot_carry_goes_to_the_other() -> None:
    crew = [battery("a", 80), battery("b", 75, max_discharge_w=800.0), battery("c", 70)]
    assert choose(crew, 5000, "a").helpers_w == {"b": -800, "c": -2500}


def test_fuller_helpers_give_more_and_emptier_ones_take_more() -> None:
    given_w = choose(trio(90, 70, 30), 5000, "a").helpers_w
    assert given_w["b"] < given_w["c"] < 0
    taken_w = choose(trio(20.5, 70, 30), -5000, "a").helpers_w
    assert 0 < taken_w["b"] < taken_w["c"]


@pytest.mark.promise("4.8-06")
def test_nobody_below_the_floor_gives_as_leader_or_helper() -> None:
    team = choose(trio(60, 20, 15), 6000, None)
    assert team.leader == "a"
    assert team.helpers_w == {"b": 0, "c": 0}
    assert choose(trio(20, 19, 18), 6000, "a").leader is None


@pytest.mark.promise("4.8-06")
def test_nobody_above_the_ceiling_takes() -> None:
    team = choose(trio(100, 100, 50), -6000, "a")
    assert (team.leader, total_w(team)) == ("c", 0)


def test_without_batteries_there_is_no_team() -> None:
    assert choose([], 3000, None) == Team(None, {}, "every battery is empty")


CREWS = st.lists(
    st.builds(
        lambda soc, out, into, trip: (soc, out, into, trip),
        st.floats(0, 100),
        st.floats(0, 5000),
        st.floats(0, 5000),
        st.floats(0.5, 1),
    ),
    max_size=4,
)


@given(CREWS, st.floats(-15_000, 15_000), st.sampled_from([None, "b0", "b1", "gone"]))
@pytest.mark.promise("4.8-04")
@pytest.mark.promise("4.8-06")
@pytest.mark.promise("4.8-14")
def test_a_team_never_does_more_than_the_need_nor_against_it_nor_beyond_a_limit(
    crew: list[tuple[float, float, float, float]], need_w: float, leading: str | None
) -> None:
    batteries = [
        battery(f"b{i}", soc, max_discharge_w=out, max_charge_w=into, round_trip=trip)
        for i, (soc, out, into, trip) in enumerate(crew)
    ]
    team = choose(batteries, need_w, leading)
    assert team == choose(batteries, need_w, leading)
    known = {each.id: each for each in batteries}
    assert set(team.helpers_w) == set(known) - {team.leader}
    assert abs(total_w(team)) <= abs(need_w) + len(batteries)
    for name, power_w in team.helpers_w.items():
        assert power_w * need_w <= 0
        assert abs(power_w) <= known[name].limit_w(need_w) + 0.5
    assert team.leader is None or known[team.leader].limit_w(need_w) > 0


@given(st.floats(-9000, 9000))
def test_the_choice_is_stable_while_nothing_changes(need_w: float) -> None:
    leaders, leader = [], None
    for _ in range(5):
        leader = choose(trio(), need_w, leader).leader
        leaders.append(leader)
    assert all(before == after for before, after in pairwise(leaders))

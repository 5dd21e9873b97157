"""How rules meet: the ones before bound the ones after, and the decision knows who bound whom."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.core.wish import House, Room, Rule, Wish, agree

HOUSE = House(rest_w=0.0)


def rule(name: str, target_w: float | None = None, low_w: float = -inf, high_w: float = inf) -> Rule:
    """A rule that always wants the same."""
    return lambda house: Wish(rule=name, target_w=target_w, at_least_w=low_w, at_most_w=high_w)


def silent(house: House) -> Wish | None:
    """A rule that has nothing to say."""
    return None


def test_the_first_that_names_a_target_has_it() -> None:
    assert agree(HOUSE, [silent, rule("first", 500), rule("second", -900)]) == Room(500, "first")


@pytest.mark.parametrize(
    ("target_w", "expected"), [(900, Room(300, "wish", "roof")), (-900, Room(-100, "wish", "floor"))]
)
def test_the_ones_before_bind_it_and_are_named(target_w: float, expected: Room) -> None:
    assert agree(HOUSE, [rule("roof", high_w=300), rule("floor", low_w=-100), rule("wish", target_w)]) == expected


def test_the_ones_after_a_target_have_no_say() -> None:
    assert agree(HOUSE, [rule("wish", 900), rule("late", high_w=100)]) == Room(900, "wish")


def test_where_limits_contradict_the_earlier_one_holds() -> None:
    """The fuse, which comes first, wants at most −500; nobody after it can ask for more."""
    assert agree(HOUSE, [rule("fuse", high_w=-500), rule("feed_in", low_w=200), rule("wish", 0)]).room_w == -500


def test_without_any_target_nothing_is_done_unless_a_limit_asks_for_it() -> None:
    assert agree(HOUSE, []) == Room(0.0, "idle")
    assert agree(HOUSE, [rule("fuse", high_w=-700)]) == Room(-700, "idle", "fuse")


LIMITS = st.tuples(st.floats(-9000, 9000), st.floats(0, 9000)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(LIMITS, max_size=4), st.floats(-20_000, 20_000))
def test_the_first_limits_always_hold(limits: list[tuple[float, float]], target_w: float) -> None:
    rules = [rule(f"limit {index}", low_w=low_w, high_w=high_w) for index, (low_w, high_w) in enumerate(limits)]
    room = agree(HOUSE, [*rules, rule("wish", target_w)])
    if limits:
        low_w, high_w = limits[0]
        assert low_w <= room.room_w <= high_w
    assert room.rule == "wish"
    assert (room.bound_by is None) == (room.room_w == target_w)

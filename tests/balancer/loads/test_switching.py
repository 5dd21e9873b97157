"""The switch rule: room for a minute to start, a little energy of its own account to stop, nothing at the edge."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.duty import Facts, duty
from services.balancer.loads.switching import BORNE_S, START_S, Run, margin_w, wants_on, weighed

POWER_W = 2000.0


def after(run: Run, left_w: list[float], start_s: float = 0.0) -> tuple[Run, float]:
    """The rule left alone with these seconds; minimum times aside. Returns the time as well."""
    now_s = start_s
    for each_w in left_w:
        now_s += 1
        run = weighed(run, POWER_W, each_w, now_s, 1.0)
        run = run.switched(wants_on(run, POWER_W, each_w, now_s, displaced=False), now_s)
    return run, now_s


def test_it_starts_when_there_was_room_for_a_minute() -> None:
    room_w = POWER_W + margin_w(POWER_W)
    assert not after(Run(), [room_w] * int(START_S))[0].on
    assert after(Run(), [room_w] * int(START_S + 2))[0].on
    assert not after(Run(), ([room_w] * 50 + [0.0]) * 10)[0].on


def test_it_stops_after_some_seconds_without_anything_and_later_if_little_is_missing() -> None:
    on = Run(True, 0.0)
    assert after(on, [0.0] * int(BORNE_S - 1))[0].on
    assert not after(on, [0.0] * int(BORNE_S + 1))[0].on
    assert after(on, [POWER_W * 0.95] * int(15 * BORNE_S))[0].on
    assert not after(on, [POWER_W * 0.95] * int(21 * BORNE_S))[0].on


def test_one_that_is_displaced_bears_nothing() -> None:
    assert not wants_on(Run(True, 0.0), POWER_W, POWER_W - 1, 1.0, displaced=True)
    assert wants_on(Run(True, 0.0), POWER_W, POWER_W, 1.0, displaced=True)


@given(st.lists(st.floats(-3000, 5000), min_size=1, max_size=300))
def test_it_never_draws_more_from_elsewhere_than_what_it_may_bear(left_w: list[float]) -> None:
    """Energy that was not there stays below some seconds of all its power and one reading more."""
    run, now_s, owed_ws = Run(), 0.0, 0.0
    for each_w in left_w:
        now_s += 1
        run = weighed(run, POWER_W, each_w, now_s, 1.0)
        run = run.switched(wants_on(run, POWER_W, each_w, now_s, displaced=False), now_s)
        owed_ws = max(0.0, owed_ws + POWER_W - each_w) if run.on else 0.0
        assert owed_ws <= POWER_W * BORNE_S + (POWER_W + 3000)


@given(st.lists(st.tuples(st.floats(-3000, 5000), st.booleans()), min_size=1, max_size=400), st.integers(0, 60))
def test_minimum_times_hold_whatever_the_room_does(story: list[tuple[float, bool]], least_s: int) -> None:
    run, now_s, switched = Run(), 0.0, list[float]()
    for left_w, displaced in story:
        now_s += 5
        run = weighed(run, POWER_W, left_w, now_s, 5.0)
        must = duty(facts(run, now_s, least_s)).must
        on = wants_on(run, POWER_W, left_w, now_s, displaced=displaced) if must is None else must
        switched += [now_s] if on != run.on else []
        run = run.switched(on, now_s)
    assert all(b - a >= least_s for a, b in itertools.pairwise(switched))


def facts(run: Run, now_s: float, least_s: float, **more: object) -> Facts:
    """One load on surplus."""
    return Facts(
        **{  # type: ignore[arg-type]  # as Facts says
            "want": "surplus",
            "on": run.on,
            "held_s": run.held_s(now_s),
            "min_on_s": least_s,
            "min_off_s": least_s,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("more", "must", "rule"),
    [
        ({"forced": False, "want": "always"}, False, "forced_off"),
        ({"forced": True, "is_satisfied": True}, True, "forced_on"),
        ({"want": "always"}, True, "always"),
        ({"is_satisfied": True}, False, "satisfied"),
        ({"is_satisfied": True, "overcharge": True}, None, "overcharge"),
        ({"is_satisfied": True, "by_hand": True}, False, "satisfied"),
        ({"by_hand": True}, True, "by_hand"),
        ({"want": "needed", "in_slot": True}, True, "slot"),
        ({"want": "needed", "in_slot": True, "is_satisfied": True}, False, "satisfied"),
        ({"want": "surplus", "in_slot": True}, None, "surplus"),
        ({}, None, "surplus"),
    ],
)
def test_the_strongest_reason_wins(more: dict[str, object], must: bool | None, rule: str) -> None:
    assert duty(facts(Run(), 0.0, 300, **more)) == (must, rule)


def test_minimum_times_bind_everybody_but_the_owner() -> None:
    young = Run(True, 0.0)
    assert duty(facts(young, 100.0, 300, is_satisfied=True)) == (True, "min_on")
    assert duty(facts(young, 100.0, 300, forced=False)) == (False, "forced_off")
    assert duty(facts(Run(False, 0.0), 100.0, 300, want="always")) == (False, "min_off")
    assert duty(facts(Run(False, 0.0), 301.0, 300, want="always")) == (True, "always")

"""Who obeys, who is left out for how long, and that everybody is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.obedience import (
    FAILURES,
    FIRST_PAUSE_S,
    MOST_PAUSE_S,
    OFF_S,
    REVERSED,
    Obedience,
)

TTL_S = 30.0


def answers(*outcomes: str, detail: str = "") -> Obedience:
    """Orders a second apart, each with its answer."""
    manners = Obedience()
    for second, outcome in enumerate(outcomes):
        manners = manners.asked(float(second)).answered(outcome, second + 0.5, detail)
    return manners


def test_an_order_that_is_carried_out_is_no_trouble() -> None:
    assert answers("accepted", "applied").looked_at(1000.0, TTL_S).trouble is None


def test_no_word_within_half_a_lease_is() -> None:
    manners = Obedience().asked(0.0)
    assert manners.looked_at(15.0, TTL_S).trouble is None
    assert manners.looked_at(15.1, TTL_S).trouble == "has not answered an order for 15 s"


def test_an_order_that_is_taken_and_not_carried_out_is_told_so() -> None:
    manners = Obedience().asked(0.0).answered("accepted", 0.1)
    assert manners.looked_at(15.1, TTL_S).trouble == "has not carried out an order for 15 s"


def test_the_oldest_unanswered_order_counts_however_many_follow() -> None:
    manners = Obedience()
    for second in range(20):
        manners = manners.asked(float(second))
    assert manners.looked_at(20.0, TTL_S).trouble is not None


def test_a_slow_link_whose_answers_are_always_one_order_late_is_no_trouble() -> None:
    """Each order is replaced before its answer comes; the answers still say that somebody obeys."""
    manners = Obedience()
    for second in range(300):
        manners = manners.asked(float(second)).still_there(second + 0.5).looked_at(second + 0.6, TTL_S)
        assert manners.trouble is None


def test_one_and_two_failures_are_given_another_try_and_the_third_is_trouble() -> None:
    """On a link that loses exchanges, one failure an hour is ordinary."""
    assert answers(*["timeout"] * (FAILURES - 1)).trouble is None
    found = answers(*["timeout"] * FAILURES, detail="the battery does not answer").trouble
    assert found == "did not carry out 3 orders in a row (the battery does not answer)"


def test_a_success_in_between_begins_the_count_anew() -> None:
    assert answers("failed", "failed", "applied", "failed", "failed").trouble is None


def test_a_bridge_that_rejects_orders_is_told_why() -> None:
    assert "issued 9 s ahead" in str(answers(*["rejected"] * 3, detail="issued 9 s ahead of our clock").trouble)


def test_part_of_an_order_is_good_enough() -> None:
    assert answers(*["partial"] * 20).trouble is None


@pytest.mark.parametrize("outcome", ["superseded", "duplicate", "expired"])
def test_what_became_of_an_older_order_is_no_answer_to_this_one(outcome: str) -> None:
    assert answers(outcome).asked_s == 0.0


def minute(power_w: float, wanted_w: float | None, seconds: float = OFF_S + 2) -> Obedience:
    """A sample a second for so long."""
    manners = Obedience()
    for second in range(round(seconds)):
        manners = manners.seen(power_w, wanted_w, float(second))
    return manners


def test_another_power_than_ordered_for_a_minute_is_trouble() -> None:
    assert minute(-300, -800).trouble == "gives 300 W although it was told to give 800 W a minute ago"
    assert minute(-300, -800, OFF_S - 2).trouble is None
    assert minute(0, 800).trouble == "rests although it was told to charge with 800 W a minute ago"


@pytest.mark.parametrize(("power_w", "wanted_w"), [(-760, -800), (40, 0), (-1850, -2000)])
def test_a_tenth_or_fifty_watts_off_is_not(power_w: float, wanted_w: float) -> None:
    assert minute(power_w, wanted_w).trouble is None


def test_while_orders_are_on_their_way_nothing_is_judged() -> None:
    assert minute(0, None, 500).trouble is None


def test_samples_in_flight_do_not_excuse_the_settled_ones() -> None:
    """A device that always does something else is asked again every few seconds; it is found out all the same."""
    manners = Obedience()
    for second in range(130):
        manners = manners.seen(-1500, -1000 if second % 6 == 5 else None, float(second))
    assert manners.trouble is not None


def test_one_odd_sample_a_minute_is_no_trouble() -> None:
    manners = Obedience().seen(0, -800, 0.0)
    for second in range(1, 70):
        manners = manners.seen(0, None, float(second))
    assert manners.seen(0, -800, 70.0).trouble is None


def test_without_an_order_nothing_is_expected() -> None:
    manners = minute(0, -800, 50).unordered()
    assert manners.seen(0, -800, 100.0).off_since_s == 100.0


def test_whoever_was_left_out_is_tried_again_after_a_minute_and_then_after_longer() -> None:
    pauses, manners, now_s = [], Obedience(), 0.0
    for _ in range(5):
        manners = manners.left_out("does nothing", now_s)
        pauses.append(manners.until_s - now_s)
        assert manners.looked_at(manners.until_s - 0.1, TTL_S).trouble == "does nothing"
        now_s = manners.until_s
        manners = manners.looked_at(now_s, TTL_S)
        assert manners.trouble is None
    assert pauses == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S, MOST_PAUSE_S, MOST_PAUSE_S]


def test_once_it_does_as_told_the_next_pause_is_short_again() -> None:
    manners = Obedience(times=4).seen(-800, -800, 5.0).left_out("does nothing", 10.0)
    assert manners.until_s == 10 + FIRST_PAUSE_S


def test_a_bridge_that_comes_back_is_not_kept_waiting() -> None:
    assert Obedience().left_out("does nothing", 0.0).pardoned().trouble is None


def test_a_reversed_meter_costs_an_hour() -> None:
    manners = Obedience.reversed(0.0)
    assert manners.looked_at(3599.0, TTL_S).trouble == REVERSED
    assert manners.looked_at(3600.0, TTL_S).trouble is None


EVENTS = st.one_of(
    st.tuples(st.just("asked"), st.none()),
    st.tuples(
        st.just("answered"),
        st.sampled_from(["accepted", "applied", "partial", "failed", "timeout", "rejected", "superseded", "expired"]),
    ),
    st.tuples(st.just("seen"), st.one_of(st.none(), st.floats(-2500, 2500))),
)


@given(st.lists(st.tuples(EVENTS, st.floats(0.1, 40)), max_size=60))
def test_nobody_is_left_out_for_ever(story: list[tuple[tuple[str, object], float]]) -> None:
    manners, now_s = Obedience(), 0.0
    for (event, value), wait_s in story:
        now_s += wait_s
        if event == "asked":
            manners = manners.asked(now_s)
        elif event == "answered":
            manners = manners.answered(str(value), now_s)
        else:
            manners = manners.seen(0.0, value if isinstance(value, float) else None, now_s)
        manners = manners.looked_at(now_s, TTL_S)
        assert manners.trouble is None or now_s < manners.until_s <= now_s + MOST_PAUSE_S

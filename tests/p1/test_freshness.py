"""New, repeated, or not yet to be believed: as stories of what a dongle says."""

from hypothesis import given
from hypothesis import strategies as st

from common.contract import MeterState
from services.p1.freshness import Freshness, Mark


def mark(power_w: float, stamp: str | None = None) -> Mark:
    """One telegram."""
    return Mark(MeterState(power_w=power_w), stamp)


def at(second: int) -> str:
    """A stamp of the meter."""
    return f"2026-04-18T11:{second // 60:02d}:{second % 60:02d}"


def believing(second: int) -> Freshness:
    """After two samples of a meter with a clock, the last at `second`."""
    freshness = Freshness(0.0)
    freshness.judge(mark(1, at(second - 1)), second - 1)
    assert freshness.judge(mark(1, at(second)), second) == "new"
    return freshness


def test_the_first_sample_waits_for_a_second() -> None:
    """homewizard.md 5.3."""
    freshness = Freshness(0.0)
    assert freshness.judge(mark(100, at(1)), 1.0) == "unproven"
    assert freshness.judge(mark(100, at(2)), 2.0) == "new"
    assert freshness.new_s == 2.0


def test_the_same_stamp_is_the_same_telegram_whatever_it_says() -> None:
    freshness = believing(5)
    assert freshness.judge(mark(999, at(5)), 6.0) == "repeated"


def test_the_same_values_with_a_new_stamp_are_new() -> None:
    """homewizard.md 5.4: a night with constant counters is normal, a constant timestamp is not."""
    freshness = believing(5)
    assert [freshness.judge(mark(1, at(second)), second) for second in range(6, 20)] == ["new"] * 14


def test_a_stamp_that_has_moved_on_proves_a_reconnect() -> None:
    """homewizard.md 5.3: or an advancing timestamp."""
    freshness = believing(5)
    freshness.reconnected()
    assert freshness.judge(mark(7, at(6)), 30.0) == "new"


def test_an_old_sample_after_a_reconnect_is_not_believed_however_often_it_comes() -> None:
    freshness = believing(50)
    for _ in range(5):
        freshness.reconnected()
        assert freshness.judge(mark(7, at(3)), 60.0) in ("unproven", "repeated")
    assert freshness.new_s == 50


def test_the_double_hour_of_october_costs_one_sample_after_a_reconnect() -> None:
    """homewizard.md 5.13: the stamp seems to run backwards; it is used for change only."""
    freshness = believing(50 * 60)
    assert freshness.judge(mark(7, at(3)), 3001.0) == "new"
    freshness.reconnected()
    assert freshness.judge(mark(7, at(1)), 3002.0) == "unproven"
    assert freshness.judge(mark(7, at(2)), 3003.0) == "new"


def test_without_stamps_values_tell() -> None:
    freshness = Freshness(0.0)
    assert [freshness.judge(mark(power), second) for second, power in enumerate((1, 2, 2, 3))] == [
        "unproven", "new", "repeated", "new",
    ]  # fmt: skip


def test_values_that_stand_still_are_questioned_after_a_while_and_not_all_the_time() -> None:
    freshness = Freshness(0.0)
    freshness.judge(mark(1), 0.0)
    freshness.judge(mark(2), 1.0)
    asked = [second for second in range(2, 20) if freshness.is_time_to_ask(second, period_s=1.0)]
    assert asked == [4, 7, 10, 13, 16, 19]


def test_a_slow_meter_is_questioned_later() -> None:
    freshness = Freshness(0.0)
    freshness.judge(mark(1), 0.0)
    asked = [second for second in range(60) if freshness.is_time_to_ask(second, period_s=10.0)]
    assert asked == [15, 25, 35, 45, 55]


def test_the_meters_clock_proves_values_that_stand_still() -> None:
    """homewizard.md 5.4: compare `0-0:1.0.0` twice before trusting the numbers."""
    freshness = Freshness(0.0)
    freshness.judge(mark(1), 0.0)
    freshness.judge(mark(2), 1.0)
    assert freshness.judge(mark(2, "260418110004S"), 4.0) == "repeated"
    assert freshness.judge(mark(2, "260418110007S"), 7.0) == "new"
    assert freshness.judge(mark(2), 8.0) == "repeated"
    assert freshness.judge(mark(2, "260418110007S"), 10.0) == "repeated"


marks = st.builds(mark, st.integers(0, 3), st.none() | st.integers(0, 5).map(at))


@given(st.lists(st.tuples(marks, st.booleans()), max_size=40))
def test_news_is_never_what_was_said_just_before(samples: list[tuple[Mark, bool]]) -> None:
    """However reconnects and repetitions fall, no telegram is news twice in a row."""
    freshness = Freshness(0.0)
    before: Mark | None = None
    for second, (sample, reconnects) in enumerate(samples):
        if reconnects:
            freshness.reconnected()
        verdict = freshness.judge(sample, float(second))
        if verdict == "new":
            assert before is None or not before.is_repeated_by(sample)
        before = sample

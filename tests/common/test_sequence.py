"""Fresh messages told from old, repeated and impossible ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import Envelope
from common.sequence import FORGET_AFTER_S, FUTURE_MS, Judgement, Mark, gap, judge

NOW_MS = 1_795_157_664_000
LAST = Mark(boot="aaaaaa", seq=10, ts_ms=NOW_MS - 1000, arrived_s=100.0)


def envelope(boot: str = "aaaaaa", seq: int = 11, ts_ms: int = NOW_MS) -> Envelope:
    return Envelope(v=1, ts_ms=ts_ms, seq=seq, boot=boot, src="ems-p1")


def test_the_first_message_of_a_topic_is_fresh() -> None:
    assert judge(None, envelope(seq=4711, ts_ms=0), 0.0, NOW_MS) == "fresh"


@pytest.mark.parametrize(("seq", "judgement"), [(11, "fresh"), (4711, "fresh"), (10, "repeated"), (9, "old")])
def test_within_one_boot_the_sequence_decides(seq: int, judgement: Judgement) -> None:
    assert judge(LAST, envelope(seq=seq), 101.0, NOW_MS) == judgement


def test_within_one_boot_a_measurement_time_that_goes_back_does_not_matter() -> None:
    """The device's own clock was set; the bridge's sequence still tells the order."""
    assert judge(LAST, envelope(ts_ms=NOW_MS - 3_600_000), 101.0, NOW_MS) == "fresh"


@pytest.mark.parametrize(("ahead_ms", "judgement"), [(-999, "fresh"), (-1000, "old"), (-1001, "old"), (0, "fresh")])
def test_another_boot_is_fresh_if_it_measured_later(ahead_ms: int, judgement: Judgement) -> None:
    assert judge(LAST, envelope("bbbbbb", 0, NOW_MS + ahead_ms), 101.0, NOW_MS) == judgement


@pytest.mark.parametrize(("silent_s", "judgement"), [(FORGET_AFTER_S, "old"), (FORGET_AFTER_S + 0.1, "fresh")])
def test_after_a_long_silence_a_sender_may_come_back_with_any_clock(silent_s: float, judgement: Judgement) -> None:
    assert judge(LAST, envelope("bbbbbb", 0, NOW_MS - 7_200_000), 100.0 + silent_s, NOW_MS) == judgement


@pytest.mark.parametrize(("ahead_ms", "judgement"), [(FUTURE_MS, "fresh"), (FUTURE_MS + 1, "future")])
@pytest.mark.parametrize("last", [None, LAST], ids=["first", "later"])
def test_a_measurement_from_the_future_is_none(last: Mark | None, ahead_ms: int, judgement: Judgement) -> None:
    assert judge(last, envelope(ts_ms=NOW_MS + ahead_ms), 101.0, NOW_MS) == judgement


@pytest.mark.parametrize(("boot", "seq", "missed"), [("aaaaaa", 11, 0), ("aaaaaa", 14, 3), ("bbbbbb", 99, 0)])
def test_missing_messages_are_counted_within_one_boot(boot: str, seq: int, missed: int) -> None:
    assert gap(LAST, envelope(boot, seq)) == missed


def test_nothing_is_missing_before_the_first_message() -> None:
    assert gap(None, envelope(seq=4711)) == 0


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60))
def test_whatever_is_repeated_or_shuffled_each_message_is_used_once_and_in_order(arriving: list[int]) -> None:
    used: list[int] = []
    last: Mark | None = None
    for arrived_s, seq in enumerate(arriving):
        said = envelope(seq=seq, ts_ms=NOW_MS + seq)
        if judge(last, said, float(arrived_s), NOW_MS) == "fresh":
            last = Mark(said.boot, said.seq, said.ts_ms, float(arrived_s))
            used.append(seq)
    assert used == sorted(set(used))
    assert used[-1] == max(arriving)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.integers(0, 99)), max_size=60))
def test_a_replay_of_an_earlier_boot_never_displaces_a_later_one(arriving: list[tuple[str, int, int]]) -> None:
    """Two senders in turn, no silence: whoever takes over must have measured later than what was known."""
    last: Mark | None = None
    for boot, seq, ts_ms in arriving:
        said = envelope(boot, seq, NOW_MS + ts_ms)
        if judge(last, said, 0.0, NOW_MS) == "fresh":
            assert last is None or (said.seq > last.seq if boot == last.boot else said.ts_ms > last.ts_ms)
            last = Mark(boot, seq, said.ts_ms, 0.0)

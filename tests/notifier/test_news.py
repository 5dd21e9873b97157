"""What is told, to whom, and never twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.config import QuietHours
from services.notifier.news import KEPT_MS, Board, Message, News, Taste, Told, due, ended, kept

SETTLE_S = 60.0
ALL = Taste("all", announcements=True, again_after_s=3600, tell_end=True)
FROZEN = News("p1: the meter is silent", "See whether the dongle has power.")
FIRE = News("garage: it is too hot", "Switch it off.", urgent=True)
RED = News("Tomorrow is red", "From 06:00.", ends=False)


class Reader:
    """Somebody who remembers everything they were told."""

    def __init__(self, taste: Taste = ALL) -> None:
        self.taste = taste
        self.board = Board(SETTLE_S, 0.0)
        self.told: Mapping[str, Told] = {}

    def look(self, now_s: float, *, quiet: bool = False) -> list[str]:
        """Titles of what they are told now."""
        messages = due(self.board, self.told, self.taste, now_s=now_s, now_ms=round(now_s * 1000), quiet=quiet)
        for message in messages:
            self.told = {**self.told, **message.told}
        return [message.title for message in messages]


def test_what_stands_for_a_minute_is_told_once_and_so_is_its_end() -> None:
    reader = Reader()
    reader.board.put("a", FROZEN, 0)
    assert reader.look(59) == []
    assert reader.look(60) == [FROZEN.title]
    assert reader.look(61) == reader.look(100_000) == []
    reader.board.take("a", 100_000)
    assert reader.look(100_059) == []
    assert reader.look(100_060) == [f"Over: {FROZEN.title}"]
    assert reader.look(100_061) == []


def test_what_flickers_is_neither_told_nor_over() -> None:
    reader = Reader()
    for now_s in range(0, 600, 60):
        reader.board.put("a", FROZEN, now_s)
        reader.board.take("a", now_s + 30)
        assert reader.look(now_s + 59) == []


def test_what_comes_back_is_told_again_after_an_hour() -> None:
    reader = Reader()
    reader.board.put("a", FROZEN, 0)
    reader.look(60)
    reader.board.take("a", 100)
    reader.look(200)
    reader.board.put("a", FROZEN, 300)
    assert reader.look(3659) == []
    assert reader.look(3660) == [FROZEN.title]


def test_without_ends_it_is_told_again_all_the_same() -> None:
    reader = Reader(replace(ALL, tell_end=False))
    reader.board.put("a", FROZEN, 0)
    reader.look(60)
    reader.board.take("a", 100)
    assert reader.look(200) == []
    reader.told = {**reader.told, **ended(reader.board, reader.told, 200)}
    reader.board.put("a", FROZEN, 300)
    assert reader.look(3660) == [FROZEN.title]


def test_what_gets_worse_is_told_again() -> None:
    reader = Reader()
    reader.board.put("a", FROZEN, 0)
    reader.look(60)
    reader.board.put("a", FROZEN._replace(urgent=True), 70)
    assert reader.look(71) == [FROZEN.title]
    assert reader.look(72) == []


def test_at_night_only_errors_are_told_and_the_rest_in_the_morning() -> None:
    reader = Reader()
    reader.board.put("a", FROZEN, 0)
    reader.board.put("b", FIRE, 0)
    assert reader.look(60, quiet=True) == [FIRE.title]
    assert reader.look(30_000, quiet=False) == [FROZEN.title]


def test_what_is_over_by_the_morning_was_never_told() -> None:
    reader = Reader()
    reader.board.put("a", FROZEN, 0)
    reader.look(60, quiet=True)
    reader.board.take("a", 1000)
    assert reader.look(30_000) == []


@pytest.mark.parametrize(
    ("taste", "titles"),
    [
        (Taste("errors", announcements=True, again_after_s=60, tell_end=True), {FIRE.title, RED.title}),
        (Taste("none", announcements=True, again_after_s=60, tell_end=True), {RED.title}),
        (Taste("all", announcements=False, again_after_s=60, tell_end=True), {FIRE.title, FROZEN.title}),
    ],
)
def test_everybody_hears_what_they_want(taste: Taste, titles: set[str]) -> None:
    reader = Reader(taste)
    for name, news in (("a", FROZEN), ("b", FIRE), ("c", RED)):
        reader.board.put(name, news, 0)
    assert set(reader.look(60)) == titles


def test_an_announcement_has_no_end_and_is_never_repeated() -> None:
    reader = Reader()
    reader.board.put("red", RED, 0)
    assert reader.look(60) == [RED.title]
    reader.board.take("red", 100)
    reader.board.put("red", RED, 50_000)
    assert reader.look(100_000) == []


def test_many_at_once_are_one_message_and_none_comes_again() -> None:
    reader = Reader()
    for number in range(10):
        reader.board.put(f"{number}", FROZEN._replace(title=f"battery {number} is gone"), 0)
    messages: list[Message] = due(reader.board, {}, ALL, now_s=60, now_ms=0, quiet=False)
    assert [message.title for message in messages] == ["10 things to know"]
    assert all(f"battery {number} is gone" in messages[0].text for number in range(10))
    assert reader.look(61) == ["10 things to know"]
    assert reader.look(62) == []


def test_what_was_told_before_a_restart_is_not_told_again_and_its_end_is() -> None:
    """Retained alerts are on their way for a moment: nothing is over before they had time to come."""
    reader = Reader()
    reader.told = {"a": Told(0, FROZEN.title, False, False), "b": Told(0, FIRE.title, True, False)}
    assert reader.look(1) == []
    reader.board.put("a", FROZEN, 2)
    assert reader.look(60) == [f"Over: {FIRE.title}"]
    assert reader.look(500) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0.1, 200)), max_size=60))
def test_news_and_end_take_turns_whatever_flickers(story: list[tuple[str, bool, float]]) -> None:
    reader, now_s = Reader(), 0.0
    heard: dict[str, list[bool]] = {}
    for name, stands, passes_s in story:
        (reader.board.put(name, News(name, ""), now_s) if stands else reader.board.take(name, now_s))
        now_s += passes_s
        for message in due(reader.board, reader.told, ALL, now_s=now_s, now_ms=round(now_s * 1000), quiet=False):
            reader.told = {**reader.told, **message.told}
            for each, told in message.told.items():
                heard.setdefault(each, []).append(told.over)
    for words in heard.values():
        assert words == [number % 2 == 1 for number in range(len(words))]


def test_what_is_long_over_is_forgotten_and_what_stands_is_not() -> None:
    over, standing = Told(0, "a", False, True), Told(0, "b", False, False)
    assert kept({"a": over, "b": standing}, KEPT_MS - 1) == {"a": over, "b": standing}
    assert kept({"a": over, "b": standing}, KEPT_MS) == {"b": standing}


@pytest.mark.parametrize(
    ("start", "end", "quiet", "loud"),
    [
        (time(22), time(7), (time(22), time(0), time(6, 59)), (time(7), time(21, 59))),
        (time(1), time(5), (time(1), time(4, 59)), (time(0, 59), time(5))),
        (time(7), time(7), (), (time(7), time(12))),
    ],
)
def test_quiet_hours(start: time, end: time, quiet: tuple[time, ...], loud: tuple[time, ...]) -> None:
    """Over midnight or not; hours that end when they start are none."""
    hours = QuietHours(start=start, end=end)
    assert all(hours.include(now) for now in quiet)
    assert not any(hours.include(now) for now in loud)

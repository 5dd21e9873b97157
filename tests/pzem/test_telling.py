"""What is said to a dimmer or switched load: at once, looked for, said again, and never by halves."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pzem import telling
from services.pzem.telling import AGAIN_S, APART_S, Memory, Tongue
from services.pzem.wire import Status

VLOAD = Tongue(asks="status", enables="on")
SCR = Tongue(asks=None)
SOCKET = Tongue(levels=("off", "on"))
POLL_S = 10.0
PAUSE_S = APART_S + 0.01


class Play:
    """A device and what is known about it, second by second."""

    def __init__(self, tongue: Tongue = VLOAD) -> None:
        self.tongue = tongue
        self.memory = Memory()
        self.ordered: int | None = None
        self.now_s = 100.0
        self.words: list[str] = []

    def turn(self, pass_s: float = 0.0) -> str | None:
        """Some time passes, then the loop turns once."""
        self.now_s += pass_s
        self.memory = telling.noticed(self.memory, self.ordered)
        word = telling.next_word(self.memory, self.tongue, POLL_S, self.now_s)
        if word is not None:
            self.words.append(word)
            self.memory = telling.said(self.memory, self.tongue, word, self.now_s)
        return word

    def sees(self, percent: float, *, is_enabled: bool = True) -> None:
        """A status comes a little later."""
        self.now_s += 0.1
        self.memory = telling.saw(self.memory, Status(percent, is_enabled), self.ordered, self.now_s)

    def settled(self, percent: int | None = None) -> "Play":
        """It has been brought to a level."""
        self.ordered = percent
        self.turn(PAUSE_S)
        self.sees(percent or 0)
        self.words.clear()
        return self


def test_at_the_start_nothing_is_assumed_and_0_is_said() -> None:
    play = Play()
    assert play.turn() == "0"
    assert play.turn(1.1) == "status"


def test_a_new_order_is_said_at_once() -> None:
    play = Play().settled()
    play.ordered = 40
    assert play.turn(PAUSE_S) == "40"
    assert play.turn(0.5) is None
    play.sees(40)
    assert play.turn(5.0) is None


def test_two_words_are_never_closer_than_the_device_bears() -> None:
    play = Play().settled()
    for percent in range(1, 30):
        play.ordered = percent
        play.turn(0.05)
    assert len(play.words) <= 29 * 0.05 / APART_S + 1


def test_who_does_not_answer_is_asked_then_told_again_then_seldom() -> None:
    play = Play().settled()
    play.ordered = 40
    said = [(round(play.now_s, 1), word) for _ in range(400) if (word := play.turn(0.1))]
    levels = [at_s for at_s, word in said if word == "40"]
    assert [round(later - earlier) for earlier, later in pairwise(levels)] == [2, 2, 10, 10, 10]
    assert said[1][1] == "status"
    assert said[1][0] == pytest.approx(levels[0] + 1, abs=0.2)


def test_an_order_that_is_not_followed_has_failed() -> None:
    play = Play().settled()
    play.ordered = 40
    for _ in range(70):
        if play.turn(0.1) == "status":
            play.sees(0)
    assert telling.outcome(play.memory, 40, play.now_s) == ("failed", "it was told 3 times and stands at 0 %")


def test_an_order_to_somebody_silent_has_timed_out_and_is_said_at_once_when_he_is_back() -> None:
    play = Play().settled()
    play.ordered = 40
    for _ in range(370):
        play.turn(0.1)
    assert telling.outcome(play.memory, 40, play.now_s) == ("timeout", "it says nothing")
    assert telling.authority(play.memory, 40, play.now_s) == "offline"
    play.sees(0)
    assert play.turn(PAUSE_S) == "40"


def test_only_a_status_after_the_word_is_proof() -> None:
    play = Play().settled(40)
    play.ordered = 60
    play.turn(PAUSE_S)
    assert telling.outcome(play.memory, 60, play.now_s) is None
    play.sees(60)
    assert telling.outcome(play.memory, 60, play.now_s) == ("applied", "")
    assert telling.authority(play.memory, 60, play.now_s) == "leased"


def test_an_answer_that_is_here_before_the_receipt_is_proof() -> None:
    play = Play().settled()
    play.ordered = 60
    play.turn(PAUSE_S)
    play.memory = telling.saw(play.memory, Status(60), 60, play.now_s)
    assert telling.outcome(play.memory, 60, play.now_s) == ("applied", "")
    assert play.turn(3.0) is None


def test_a_disabled_dimmer_is_enabled_first_because_on_means_0() -> None:
    play = Play().settled()
    play.sees(40, is_enabled=False)
    play.ordered = 40
    assert play.turn(PAUSE_S) == "on"
    assert play.turn(PAUSE_S) == "40"
    play.sees(40)
    assert telling.outcome(play.memory, 40, play.now_s) == ("applied", "")


def test_a_disabled_dimmer_is_off_whatever_it_stores() -> None:
    play = Play()
    play.turn()
    play.sees(40, is_enabled=False)
    assert play.memory.is_at(0, play.now_s)
    assert play.turn(1.0) is None


def test_without_an_order_it_is_told_0_and_again_until_that_is_seen() -> None:
    play = Play().settled(40)
    play.ordered = None
    assert play.turn(PAUSE_S) == "0"
    play.sees(40)
    assert play.turn(AGAIN_S) == "0"
    play.sees(0)
    assert play.turn(3.0) is None
    assert telling.authority(play.memory, None, play.now_s) == "safe"


def test_what_somebody_else_sets_without_an_order_is_left_alone_until_the_next_one() -> None:
    play = Play().settled()
    play.now_s += 5
    play.sees(70)
    assert (play.turn(PAUSE_S), telling.authority(play.memory, None, play.now_s)) == (None, "manual")
    play.ordered = 20
    assert play.turn(PAUSE_S) == "20"
    play.sees(20)
    play.ordered = None
    assert play.turn(PAUSE_S) == "0"


def test_under_an_order_it_is_taken_back_but_not_in_a_fight() -> None:
    play = Play().settled(40)
    for _ in range(50):
        play.sees(100)
        play.turn(0.1)
    assert play.words.count("40") <= 50 * 0.2 / AGAIN_S + 1


def test_after_a_lost_connection_nothing_is_taken_for_granted() -> None:
    play = Play().settled(40)
    play.memory = telling.forgot(play.memory)
    assert play.turn(PAUSE_S) == "40"


def test_it_is_asked_now_and_then() -> None:
    play = Play().settled(40)
    assert play.turn(POLL_S - 1) is None
    assert play.turn(1.1) == "status"


def test_an_older_dimmer_cannot_be_asked_and_is_told_the_same_again() -> None:
    play = Play(SCR).settled(40)
    assert play.turn(POLL_S + 0.1) == "40"


def test_a_switched_load_has_two_words() -> None:
    play = Play(SOCKET).settled()
    play.ordered = 100
    assert play.turn(PAUSE_S) == "on"
    play.sees(100)
    play.ordered = None
    assert play.turn(PAUSE_S) == "off"


steps = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(0, 100)),
        st.tuples(st.just("release"), st.just(0)),
        st.tuples(st.just("sees"), st.integers(0, 100)),
        st.tuples(st.just("lost"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=40,
)


@given(steps, st.sampled_from([VLOAD, SCR, SOCKET]))
def test_whatever_happens_an_obedient_device_ends_where_it_is_wanted(
    history: list[tuple[str, int]], tongue: Tongue
) -> None:
    """And only words of its language are said, no two of them closer than it bears."""
    play, levels = Play(tongue), {"on": 100, "off": 0}
    for what, value in history:
        if what == "order":
            play.ordered = value if tongue is not SOCKET else 100 * (value >= 50)
        elif what == "release":
            play.ordered = None
        elif what == "sees":
            play.sees(value)
        elif what == "lost":
            play.memory = telling.forgot(play.memory)
        play.turn(value / 10 if what == "wait" else PAUSE_S)
    stands = 50.0
    for _ in range(200):
        word = play.turn(PAUSE_S)
        if word is not None and word != "status":
            stands = levels[word] if tongue is SOCKET else 0 if word == "on" else int(word)
        if word is not None:
            play.sees(stands)
    assert play.memory.by_hand or stands == (play.ordered or 0)

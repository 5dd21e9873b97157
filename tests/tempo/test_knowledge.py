"""What follows from what the sources say of a day, and what is taken to be true where they say nothing."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tempo.calendar import DAY, Colour
from services.tempo.knowledge import UNKNOWN, Knowledge, Word
from services.tempo.settling import Settling
from services.tempo.timeline import Settled
from tests.tempo.times import BLUE, RED, SEASON, TEMPO, WHITE, at, word

ORDER = ("ecodevice", "tic", "rte_official", "rte", "api_couleur_tempo")
DAY_TEXT = "2026-01-06"
TUESDAY = date(2026, 1, 6)
SETTLING = Settling(TEMPO, SEASON, time(21, 30))
WORDS = st.builds(
    Word,
    day=st.dates(date(2026, 1, 1), date(2026, 1, 9)),
    colour=st.sampled_from(Colour),
    source=st.sampled_from(ORDER),
    is_final=st.booleans(),
    is_billed=st.booleans(),
)


def knowing(*words: Word) -> Knowledge:
    known = Knowledge(ORDER)
    known.hear(words)
    return known


def settled(known: Knowledge, now: str, day: date = TUESDAY) -> Settled:
    return SETTLING.settle(day, known, at(now))


@pytest.mark.promise("5.8-01")
def test_the_box_at_the_meter_is_named_before_teleinformation_and_that_before_the_web() -> None:
    sources = list(ORDER)
    while sources:
        known = knowing(*(word(DAY_TEXT, RED, source) for source in reversed(sources)))
        assert known.verdict(TUESDAY).source == sources.pop(0)


@pytest.mark.promise("5.8-01")
def test_of_two_that_contradict_each_other_the_dearer_counts_and_the_other_is_named() -> None:
    verdict = knowing(word(DAY_TEXT, BLUE, "ecodevice"), word(DAY_TEXT, RED, "rte")).verdict(TUESDAY)
    assert (verdict.colour, verdict.source, verdict.dissent) == (RED, "rte", ("ecodevice",))


def test_what_the_meter_bills_counts_whatever_others_say() -> None:
    billed = word(DAY_TEXT, BLUE, "ecodevice", is_billed=True)
    verdict = knowing(billed, word(DAY_TEXT, RED, "rte"), word(DAY_TEXT, RED, "tic")).verdict(TUESDAY)
    assert (verdict.colour, verdict.certainty, verdict.dissent) == (BLUE, "final", ("tic", "rte"))


def test_final_counts_before_provisional_and_that_is_no_contradiction() -> None:
    verdict = knowing(word(DAY_TEXT, RED, "tic", is_final=False), word(DAY_TEXT, WHITE, "rte")).verdict(TUESDAY)
    assert (verdict.colour, verdict.certainty, verdict.dissent) == (WHITE, "final", ())


def test_provisional_becomes_final_and_may_be_another() -> None:
    known = knowing(word(DAY_TEXT, WHITE, is_final=False))
    assert settled(known, "2026-01-05 07:00").certainty == "provisional"
    assert known.hear([word(DAY_TEXT, RED)])
    assert settled(known, "2026-01-05 11:00") == Settled(severity=2, certainty="final", label="red", source="rte")


def test_what_is_binding_does_not_give_way_to_what_is_not() -> None:
    known = knowing(word(DAY_TEXT, RED))
    assert not known.hear([word(DAY_TEXT, BLUE, is_final=False)])
    assert known.verdict(TUESDAY).colour is RED


def test_the_same_word_again_is_no_news() -> None:
    known = knowing(word(DAY_TEXT, RED))
    assert not known.hear([word(DAY_TEXT, RED)])


@pytest.mark.promise("5.8-05")
def test_unknown_is_unknown_until_it_is_late_and_then_the_worst_that_it_may_be() -> None:
    """An older program took `----` for blue, lowered the charge target and announced blue."""
    nobody = knowing()
    assert settled(nobody, "2026-01-05 21:29:59") == Settled(severity=None, certainty="unknown")
    assert settled(nobody, "2026-01-05 21:30") == Settled(severity=2, certainty="assumed", label="red")
    assert settled(nobody, "2026-01-06 12:00") == Settled(severity=2, certainty="assumed", label="red")


@pytest.mark.promise("5.8-05")
def test_an_assumption_ends_as_soon_as_somebody_tells() -> None:
    known = knowing()
    assert settled(known, "2026-01-06 03:00").certainty == "assumed"
    known.hear([word(DAY_TEXT, BLUE)])
    assert settled(known, "2026-01-06 03:00") == Settled(severity=0, certainty="final", label="blue", source="rte")


@given(st.lists(WORDS, max_size=12), st.dates(date(2026, 1, 1), date(2026, 1, 9)), st.integers(0, 9 * 24 * 4))
@pytest.mark.promise("5.8-05")
def test_blue_is_never_said_of_a_working_day_unless_somebody_said_so(
    words: list[Word], day: date, quarter: int
) -> None:
    known = knowing(*words)
    now = at("2026-01-01 00:00") + quarter * DAY / 96
    told = SETTLING.settle(day, known, now)
    named = {each.colour for each in words if each.day == day}
    if told.severity == 0 and day.weekday() < 6:
        assert BLUE in named
    if not named:
        assert told.certainty in ("assumed", "unknown")
        assert (told.severity is None) is (told.certainty == "unknown")


@given(st.lists(WORDS, max_size=20))
def test_what_was_heard_survives_the_disk(words: list[Word]) -> None:
    known, again = knowing(*words), Knowledge(ORDER)
    again.load(known.dump())
    assert again.dump() == known.dump()
    assert all(again.verdict(each.day) == known.verdict(each.day) for each in words)


@pytest.mark.parametrize("rubbish", [None, 7, "x", [7], [["2026-01-06"]], [["yesterday", 1, "rte", True, True]],
                                     [["2026-01-06", 3, "rte", True, True]]])  # fmt: skip
def test_rubbish_on_the_disk_is_left_out(rubbish: object) -> None:
    known = Knowledge(ORDER)
    known.load(rubbish)  # type: ignore[arg-type]  # whatever a disk may hold
    assert known.colours() == {}


def test_of_days_that_are_over_the_verdict_is_kept_and_of_long_ago_nothing() -> None:
    old, gone = "2026-01-05", "2024-11-05"
    known = knowing(word(old, RED, "rte"), word(old, BLUE, "tic"), word(gone, RED), word(DAY_TEXT, WHITE))
    known.tidy(TUESDAY)
    assert known.colours() == {TUESDAY - DAY: RED, TUESDAY: WHITE}
    assert known.said(TUESDAY - DAY, "tic") is None
    assert known.verdict(date.fromisoformat(gone)) is UNKNOWN

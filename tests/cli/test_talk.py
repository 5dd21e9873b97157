"""What keys come to: questions that are answered, left or asked again, and the wishes they end in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.talk import MENU, MOST_TYPED, Question, Talk, Wish

SETTINGS = {"mode": "auto", "away": "off", "saving_mode": "0", "force_minutes/boiler": "0", "force_minutes/pump": "0"}


def said(keys: str, settings: dict[str, str] | None = None) -> tuple[Talk, list[Wish]]:
    """A conversation, and all that was asked for in it."""
    talk = Talk(SETTINGS if settings is None else settings)
    return talk, [wish for key in keys for wish in talk.press(key)]


@pytest.mark.parametrize(
    ("keys", "wishes"),
    [
        ("f2\r90\r\r", [("force_minutes/pump", "90")]),
        ("f1\r\r\r", [("force_minutes/boiler", "60")]),
        ("f1\r30\r800\r", [("force_power_w/boiler", "800"), ("force_minutes/boiler", "30")]),
        ("f1\r-30\r800\r", [("force_minutes/boiler", "-30")]),
        ("f1\r0\r\r", [("force_minutes/boiler", "0")]),
        ("a", [("away", "on")]),
        ("s2\r", [("saving_mode", "2")]),
        ("m3\r", [("mode", "off")]),
        ("p-1500\r\r", [("manual_minutes", "60"), ("manual_power_w", "-1500")]),
        ("p-15x\x7f\b500\n120\n", [("manual_minutes", "120"), ("manual_power_w", "-1500")]),
    ],
)
def test_a_conversation_ends_in_wishes(keys: str, wishes: list[tuple[str, str]]) -> None:
    talk, asked = said(keys)
    assert asked == wishes
    assert not talk.is_asking


def test_who_is_away_comes_back() -> None:
    assert said("a", {"away": "on"})[1] == [("away", "off")]


@pytest.mark.parametrize("keys", ["f\x1b", "f1\r5\x1b", "p100\x1b", "x", "\r", "7"])
def test_what_is_left_asks_for_nothing(keys: str) -> None:
    talk, asked = said(keys)
    assert (asked, talk.line, talk.is_asking) == ([], MENU, False)


@pytest.mark.parametrize("keys", ["f3\r", "f0\r", "f1.5\r", "fboiler\r", "f\r", "m9\r", "phello\r", "f1\rnan\r"])
def test_what_is_no_answer_is_asked_again(keys: str) -> None:
    talk, asked = said(keys)
    assert asked == []
    assert talk.is_asking
    assert talk.line.endswith(": ▏  Esc leaves it"), "and nothing of it is left"


@pytest.mark.parametrize("key", ["a", "s"])
def test_what_the_house_does_not_have_is_said(key: str) -> None:
    talk, asked = said(key, {"mode": "auto"})
    assert (asked, talk.is_asking) == ([], False)
    assert talk.line == "That is for radiators that take turns; this house has none."


def test_without_loads_nothing_can_be_forced() -> None:
    assert said("f", {"mode": "auto"})[0].line == "There is no load in the order."


def test_the_choices_and_what_is_typed_are_shown() -> None:
    assert said("f2")[0].line == "Which load?  1 boiler   2 pump: 2▏  Esc leaves it"
    assert said("p")[0].line == "All batteries together, in W (+ charges) [0]: ▏  Esc leaves it"


@given(st.text(max_size=60))
def test_any_keys_are_borne(keys: str) -> None:
    talk, asked = said(keys)
    assert all(setting and value for setting, value in asked)
    assert len(talk.line) < 100 + MOST_TYPED


@given(st.text(max_size=8), st.sampled_from([Question("?", ("a", "b")), Question("?", default="1"), Question("?")]))
def test_an_answer_is_a_choice_or_a_number(typed: str, question: Question) -> None:
    answer = question.answer(typed)
    assert answer is None or answer in (*question.choices, "") or float(answer) == float(answer)

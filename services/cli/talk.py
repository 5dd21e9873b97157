"""What a person at `ballast top` may ask for by keyboard: a few questions, then wishes to the balancer. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from common.same import number

MENU: Final = "f force a load   a away   s saving mode   m mode   p batteries by hand   q quit"
FORCE: Final = "force_minutes/"
ENTER: Final = ("\r", "\n")
BACKSPACE: Final = ("\x7f", "\b")
ESCAPE: Final = "\x1b"
QUIT: Final = ("q", "\x03", "\x04")
"""Also Ctrl-C and Ctrl-D."""
MOST_TYPED: Final = 32


class Wish(NamedTuple):
    """One setting to ask for."""

    setting: str
    value: str


@dataclass(frozen=True, slots=True)
class Question:
    """Answered by a number, or by that of one of its choices."""

    text: str
    choices: tuple[str, ...] = ()
    default: str = ""

    def answer(self, typed: str) -> str | None:
        """What was meant; None if it is no answer."""
        said = typed.strip() or self.default
        if self.choices:
            place = number(said)
            is_there = place is not None and place.is_integer() and 1 <= place <= len(self.choices)
            return self.choices[int(place) - 1] if place is not None and is_there else None
        return said if number(said) is not None or (not said and not self.default) else None

    def __str__(self) -> str:
        numbered = "   ".join(f"{place} {choice}" for place, choice in enumerate(self.choices, 1))
        hint = f" [{self.default}]" if self.default else ""
        return f"{self.text}{'  ' if numbered else ''}{numbered}{hint}: "


@dataclass(frozen=True, slots=True)
class Subject:
    """Questions, and what the answers to them ask for."""

    questions: tuple[Question, ...]
    wishes: Callable[[list[str]], list[Wish]]


@dataclass(slots=True)
class Talk:
    """A conversation, key by key. `settings` are those in force."""

    settings: Mapping[str, str]
    line: str = MENU
    """What stands at the bottom of the screen."""
    _subject: Subject | None = None
    _answers: list[str] = field(default_factory=list)
    _typed: str = ""

    def press(self, key: str) -> list[Wish]:
        """Take a key. Returns what is to be asked for now."""
        if self._subject is None:
            return self._begin(key)
        if key == ESCAPE:
            self._end(MENU)
            return []
        if key in ENTER:
            return self._answered(self._subject)
        self._typed = self._typed[:-1] if key in BACKSPACE else self._typed + (key if _is_typed(key) else "")
        self._typed = self._typed[:MOST_TYPED]
        self._show(self._subject)
        return []

    @property
    def is_asking(self) -> bool:
        """An answer is waited for: keys are no commands."""
        return self._subject is not None

    def _begin(self, key: str) -> list[Wish]:
        if (needed := NEEDS.get(key)) is not None and needed not in self.settings:
            self.line = "That is for radiators that take turns; this house has none."
            return []
        if key == "a":
            return [Wish("away", "off" if self.settings["away"] == "on" else "on")]
        subject = self._force() if key == "f" else SUBJECTS.get(key)
        if subject is None:
            return []
        self._subject, self._answers, self._typed = subject, [], ""
        self._show(subject)
        return []

    def _force(self) -> Subject | None:
        loads = tuple(name.removeprefix(FORCE) for name in self.settings if name.startswith(FORCE))
        if not loads:
            self.line = "There is no load in the order."
            return None
        minutes = Question("Minutes (below zero: off for so long; 0: as Ballast decides)", default="60")
        return Subject((Question("Which load?", loads), minutes, Question("Power in W (empty: all it can)")), _forced)

    def _answered(self, subject: Subject) -> list[Wish]:
        answer = subject.questions[len(self._answers)].answer(self._typed)
        self._typed = ""
        if answer is not None:
            self._answers.append(answer)
        if len(self._answers) < len(subject.questions):
            self._show(subject)
            return []
        wishes = subject.wishes(self._answers)
        self._end("Asking …")
        return wishes

    def _show(self, subject: Subject) -> None:
        self.line = f"{subject.questions[len(self._answers)]}{self._typed}▏  Esc leaves it"

    def _end(self, line: str) -> None:
        self._subject, self.line = None, line


def _is_typed(key: str) -> bool:
    return len(key) == 1 and key.isprintable()


def _forced(answers: list[str]) -> list[Wish]:
    load, minutes, power_w = answers
    power = [Wish(f"force_power_w/{load}", power_w)] if power_w and float(minutes) > 0 else []
    return [*power, Wish(f"{FORCE}{load}", minutes)]


def _by_hand(answers: list[str]) -> list[Wish]:
    power_w, minutes = answers
    return [Wish("manual_minutes", minutes), Wish("manual_power_w", power_w)]


NEEDS: Final[Mapping[str, str]] = {"a": "away", "s": "saving_mode"}
"""What a key asks for, where not every house has it."""
SUBJECTS: Final[Mapping[str, Subject]] = {
    "m": Subject((Question("Mode", ("auto", "manual", "off")),), lambda answers: [Wish("mode", answers[0])]),
    "s": Subject(
        (Question("Saving mode, 0 allows most", default="0"),), lambda answers: [Wish("saving_mode", answers[0])]
    ),
    "p": Subject(
        (Question("All batteries together, in W (+ charges)", default="0"), Question("For minutes", default="60")),
        _by_hand,
    ),
}

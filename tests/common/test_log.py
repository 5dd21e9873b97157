"""One line per event, whatever is in it, and never a flood."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from common.log import PER_MINUTE, FloodGate, JsonLines, Lines, Once, set_up


def record(
    text: str, *values: object, name: str = "x", level: int = logging.INFO, at_s: float = 0.0
) -> logging.LogRecord:
    made = logging.LogRecord(name, level, __file__, 1, text, values, None)
    made.created = at_s
    return made


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], logger.level = handlers, level


# Formats


def test_a_json_line_holds_when_how_bad_who_and_what() -> None:
    line = JsonLines().format(record("%d W", -812, name="common.bus", level=logging.WARNING, at_s=1_795_157_664.123))
    assert json.loads(line) == {
        "at": "2026-11-20T06:54:24.123+00:00",
        "level": "WARNING",
        "logger": "common.bus",
        "text": "-812 W",
    }


def test_a_json_line_is_one_line_even_with_a_trace() -> None:
    try:
        raise LookupError("deep\ninside")
    except LookupError:
        failed = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    line = JsonLines().format(failed)
    assert "\n" not in line
    assert "LookupError" in json.loads(line)["trace"]


@pytest.mark.parametrize("hostile", ["a\nb", "a\rb", "a\x1b[2Jb", "a\x00b", "a\u2028b", "a\x85b"])
def test_a_message_from_outside_cannot_begin_a_line_of_its_own(hostile: str) -> None:
    """Nor can it wipe the terminal of whoever reads the log."""
    line = Lines("%(levelname)s %(message)s").format(record("found %s", hostile))
    assert line.isprintable()
    assert len(line.splitlines()) == 1


def test_a_line_for_people_keeps_what_people_write() -> None:
    line = Lines("%(message)s").format(record("Zähler still · 5 °C, −800 W"))
    assert line == "Zähler still · 5 °C, −800 W"


def test_a_trace_keeps_its_lines() -> None:
    try:
        raise LookupError("why")
    except LookupError:
        failed = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    assert Lines("%(message)s").format(failed).splitlines()[-1] == "LookupError: why"


@pytest.mark.parametrize("style", ["text", "json"])
def test_the_log_goes_to_stderr_in_the_style_that_was_asked_for(
    style: str, root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", shown := io.StringIO())
    set_up(style, "info")
    logging.getLogger("ems").info("here")
    logging.getLogger("ems").debug("not here")
    assert shown.getvalue().startswith("{") == (style == "json")
    assert len(shown.getvalue().splitlines()) == 1
    assert len(root.handlers) == 1


# Floods


def test_a_flood_is_cut_and_what_was_left_out_is_counted() -> None:
    gate = FloodGate()
    shown = [record("line %d", number) for number in range(1000)]
    passed = [made for made in shown if gate.filter(made)]
    assert len(passed) == PER_MINUTE
    following = record("line %d", 1000, at_s=60.0)
    assert gate.filter(following)
    assert following.getMessage() == f"line 1000 ({1000 - PER_MINUTE} lines left out)"


def test_just_the_allowed_number_of_lines_leaves_nothing_out() -> None:
    gate = FloodGate()
    assert all(gate.filter(record("line")) for _ in range(PER_MINUTE))
    following = record("line", at_s=60.0)
    assert gate.filter(following)
    assert following.getMessage() == "line"


def test_a_flood_of_one_kind_does_not_silence_another() -> None:
    gate = FloodGate()
    for _ in range(1000):
        gate.filter(record("line"))
    assert gate.filter(record("line", level=logging.WARNING))
    assert gate.filter(record("line", name="y"))


def test_a_percent_sign_in_a_line_after_a_flood_is_no_format() -> None:
    gate = FloodGate()
    for _ in range(1000):
        gate.filter(record("line"))
    following = record("100 %", at_s=60.0)
    gate.filter(following)
    assert following.getMessage().startswith("100 %")


# Once


def test_a_trouble_is_said_once_and_once_more_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    once = Once(logging.getLogger("x"))
    assert [once.trouble("disk", "%s is full", "/data") for _ in range(3)] == [True, False, False]
    assert [once.over("disk", "%s can be written", "/data") for _ in range(2)] == [True, False]
    assert [made.getMessage() for made in caplog.records] == ["/data is full", "/data can be written (seen 3 times)"]


def test_troubles_of_other_kinds_are_said_for_themselves() -> None:
    once = Once(logging.getLogger("x"))
    assert once.trouble("disk", "full")
    assert once.trouble("broker", "away")
    assert once.over("disk", "ok")
    assert not once.trouble("broker", "away")


def test_a_trouble_that_comes_back_is_said_again() -> None:
    once = Once(logging.getLogger("x"))
    once.trouble("disk", "full")
    once.over("disk", "ok")
    assert once.trouble("disk", "full")

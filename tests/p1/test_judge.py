"""From what was heard to what may be said, without any network."""

import pytest

from common.errors import DeviceUnintelligible
from common.homewizard import JsonObject, NoTelegram
from services.p1.heard import Heard
from services.p1.judge import Judge, Question, Reading
from tests.p1.rig import SITE

START_MS = 1_776_502_800_000
"""2026-04-18, 11:00:00 in Amsterdam."""


class Story:
    """A dongle's words, one after the other."""

    def __init__(self) -> None:
        self.judge = Judge(SITE.zone, 17_250.0, 0.0)
        self._is_first = True

    def hear(self, second: float, **document: object) -> Reading | Question | None:
        """One measurement that comes at `second`."""
        first, self._is_first = self._is_first, False
        told: JsonObject = {"power_w": 100.0, "protocol_version": 50, **document}  # type: ignore[dict-item]  # free-form
        return self.judge.hear(Heard(told, START_MS + round(second * 1000), second, first, 0.0))

    def pushed(self, second: int, **document: object) -> Reading | Question | None:
        """One measurement with the meter's clock in it."""
        stamp = f"2026-04-18T11:{second // 60:02d}:{second % 60:02d}"
        return self.hear(second + 0.2, **{"timestamp": stamp, **document})

    def reconnect(self) -> None:
        """What comes next is the first of a new connection."""
        self._is_first = True


def power(outcome: Reading | Question | None) -> float | None:
    """Of a reading that may be said."""
    assert isinstance(outcome, Reading)
    return outcome.state.power_w if outcome.state else None


def test_a_stream_of_telegrams_is_a_stream_of_readings() -> None:
    story = Story()
    assert story.pushed(1) is None
    assert [power(story.pushed(second, power_w=second)) for second in range(2, 10)] == list(range(2, 10))
    assert story.judge.pace.period_s == 1


def test_a_reading_is_dated_by_its_arrival() -> None:
    story = Story()
    story.pushed(1)
    reading = story.pushed(2)
    assert isinstance(reading, Reading)
    assert reading.measured_ms == START_MS + 2200
    assert reading.state is not None
    assert reading.state.device_ts_ms == START_MS + 2000


def test_a_repeated_telegram_is_no_reading_and_no_question_where_the_meter_tells_its_time() -> None:
    story = Story()
    story.pushed(1)
    story.pushed(2)
    assert [story.hear(second, timestamp="2026-04-18T11:00:02") for second in range(3, 90)] == [None] * 87


def test_values_that_stand_still_are_a_question_and_the_meters_clock_the_answer() -> None:
    story = Story()
    story.hear(0, power_w=1)
    assert isinstance(story.hear(1, power_w=2), Reading)
    asked = [outcome for second in range(2, 12) if isinstance(outcome := story.hear(second, power_w=2), Question)]
    assert [question.heard.arrived_s for question in asked] == [4, 7, 10]
    assert story.judge.settle(asked[0], "260418110004S") is None
    assert story.judge.settle(asked[1], "260418110004S") is None
    proven = story.judge.settle(asked[2], "260418110010S")
    assert power(proven) == 2
    assert proven is not None
    assert proven.state is not None
    assert proven.state.quality == "good"


def test_a_meter_without_any_clock_is_believed_but_marked() -> None:
    story = Story()
    for second in range(3):
        story.hear(second, power_w=2)
    question = story.hear(3, power_w=2)
    assert isinstance(question, Question)
    reading = story.judge.settle(question, None)
    assert reading is not None
    assert reading.state is not None
    assert reading.state.quality == "estimated"
    assert story.judge.freshness.new_s == 3


def test_answers_to_questions_do_not_change_the_pace() -> None:
    story = Story()
    for second in range(3):
        story.hear(second, power_w=second)
    for second in range(3, 100):
        outcome = story.hear(second, power_w=2)
        if isinstance(outcome, Question):
            story.judge.settle(outcome, f"2604181100{second:02d}S")
    assert story.judge.pace.period_s == 1


def test_after_a_reconnect_an_old_telegram_is_left_out() -> None:
    story = Story()
    for second in range(1, 6):
        story.pushed(second)
    story.reconnect()
    assert story.pushed(3) is None
    assert power(story.pushed(7)) == 100


def test_the_time_of_an_outage_is_not_the_meters_period() -> None:
    story = Story()
    for second in range(1, 6):
        story.pushed(second)
    story.reconnect()
    for second in range(400, 404):
        story.pushed(second)
    assert story.judge.pace.period_s == 1


@pytest.mark.promise("4.8-13")
def test_impossible_power_is_a_reading_of_nothing() -> None:
    story = Story()
    story.pushed(1)
    reading = story.pushed(2, power_w=65_535.0)
    assert isinstance(reading, Reading)
    assert (reading.state, reading.doubts) == (None, ("power_w",))


@pytest.mark.parametrize(
    ("document", "kind"), [({"power_w": None}, NoTelegram), ({"power_w": "5"}, DeviceUnintelligible)]
)
def test_what_is_no_measurement_is_an_error(document: dict[str, object], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Story().pushed(1, **document)


def test_an_old_meter_is_expected_to_be_slow_until_it_proves_otherwise() -> None:
    story = Story()
    story.hear(0, protocol_version=42, power_w=1)
    assert story.judge.pace.stale_after_s == 30
    for second in range(1, 5):
        story.hear(second, protocol_version=42, power_w=second + 10)
    assert story.judge.pace.stale_after_s == 10

"""Teleinformation: what a meter's labels say of today and tomorrow, and what they must not be taken for."""

import pytest

from services.tempo.config import PRESETS, TicSettings
from services.tempo.wire import tic
from tests.tempo.times import BLUE, RED, TEMPO, WHITE, at, word

PEAK, EVENING, NIGHT, MORNING = (
    "2026-01-06 12:00", "2026-01-06 20:30", "2026-01-07 01:00", "2026-01-07 05:50",
)  # fmt: skip
TODAY, TOMORROW = "2026-01-06", "2026-01-07"


def words(now: str, **labels: str) -> tuple[object, ...]:
    return tic.words(labels, TEMPO, at(now), "tic")


@pytest.mark.parametrize(
    ("labels", "colour"),
    [
        ({"PTEC": "HPJB"}, BLUE),
        ({"PTEC": "HPJW"}, WHITE),
        ({"PTEC": " HPJR \0"}, RED),
        ({"LTARF": "    HP  BLEU    "}, BLUE),
        ({"LTARF": "HP BLANC"}, WHITE),
        ({"LTARF": "HP  ROUGE"}, RED),
        ({"NTARF": "02"}, BLUE),
        ({"NTARF": "4"}, WHITE),
        ({"NTARF": "06"}, RED),
        ({"TODAY": "Rouge", "PERIOD": "Heure pleine"}, RED),
    ],
)
@pytest.mark.promise("5.8-01")
def test_the_register_the_meter_counts_in_is_the_colour_that_is_billed(labels: dict[str, str], colour: object) -> None:
    assert words(PEAK, **labels) == (word(TODAY, colour, "tic", is_billed=True),)  # type: ignore[arg-type]  # a Colour


@pytest.mark.parametrize("ptec", ["----", "", "TH..", "HC..", "HP..", "HPJX", "HPJBB", "ADC", "None", "0"])
@pytest.mark.promise("5.8-05")
def test_no_signal_other_contracts_and_garbage_say_nothing(ptec: str) -> None:
    assert words(PEAK, PTEC=ptec, DEMAIN=ptec) == ()


def test_the_hours_after_midnight_belong_to_the_day_before() -> None:
    assert words(NIGHT, PTEC="HCJR") == (word(TODAY, RED, "tic", is_billed=True),)


@pytest.mark.parametrize(
    ("now", "ptec"),
    [
        ("2026-01-06 06:02", "HCJR"),  # a meter that is slow still bills yesterday
        ("2026-01-06 05:58", "HPJR"),  # one that is fast bills today already
        ("2026-01-06 06:30", "HCJR"),  # what came by radio is from the night
    ],
)
def test_around_six_the_meters_clock_does_not_give_a_day_the_colour_of_its_neighbour(now: str, ptec: str) -> None:
    assert words(now, PTEC=ptec) == ()


@pytest.mark.parametrize(
    ("labels", "colour"),
    [
        ({"DEMAIN": "BLEU"}, BLUE),
        ({"DEMAIN": "BLAN"}, WHITE),
        ({"DEMAIN": "ROUG"}, RED),
        ({"TOMORROW": "ROUGE"}, RED),
        ({"TOMORROW": "Blanc"}, WHITE),
        ({"STGE": "2D3A8000"}, RED),
        ({"STGE": "463A0800"}, BLUE),
    ],
)
@pytest.mark.parametrize("now", [EVENING, NIGHT])
@pytest.mark.promise("5.8-01")
def test_the_announcement_is_about_the_next_tariff_day(labels: dict[str, str], colour: object, now: str) -> None:
    assert words(now, **labels) == (word(TOMORROW, colour, "tic"),)  # type: ignore[arg-type]  # a Colour


@pytest.mark.parametrize("now", [PEAK, "2026-01-06 19:59:59", MORNING, "2026-01-07 06:01"])
def test_outside_its_hours_an_announcement_is_stale_and_says_nothing(now: str) -> None:
    assert words(now, DEMAIN="ROUG", STGE="2D3A8000") == ()


@pytest.mark.parametrize("said", ["----", "UNDEF", "", "\nADC"])
@pytest.mark.parametrize("now", [EVENING, NIGHT])
@pytest.mark.promise("5.8-05")
def test_nothing_announced_is_not_blue(said: str, now: str) -> None:
    assert words(now, DEMAIN=said, TOMORROW=said, STGE="003AC000") == ()


@pytest.mark.parametrize("stamp", ["260107060000", "H260107060000", "h260107060000", "2026-01-07T05:00:00.000Z"])
@pytest.mark.parametrize(("label", "colour"), [("DPM1", WHITE), ("DPM2", RED)])
def test_an_announcement_with_its_beginning_is_believed_at_any_hour(stamp: str, label: str, colour: object) -> None:
    assert words(PEAK, **{label: stamp}) == (word(TOMORROW, colour, "tic"),)  # type: ignore[arg-type]  # a Colour


@pytest.mark.parametrize("stamp", ["260106060000", "260107000000", "000000000000", "x", "2026-01-07T06:00:00"])
def test_one_for_another_day_or_hour_is_not(stamp: str) -> None:
    assert words(PEAK, DPM2=stamp) == ()


def test_of_two_announcements_that_differ_the_dearer_counts() -> None:
    assert words(EVENING, DEMAIN="BLEU", DPM2="260107060000") == (word(TOMORROW, RED, "tic"),)


@pytest.mark.parametrize("text", ["", "2D3A800", "2D3A80000", "zzzzzzzz", "-1234567"])
def test_a_broken_register_says_nothing(text: str) -> None:
    assert tic.register_tomorrow(text) is None


def test_every_program_names_labels_that_are_read() -> None:
    read = {"PTEC", "DEMAIN", "LTARF", "NTARF", "STGE", "DPM1", "DPM2", "TODAY", "PERIOD", "TOMORROW"}
    assert {name for paths in PRESETS.values() for name in paths} <= read


def test_fields_of_the_owner_stand_beside_those_of_the_program() -> None:
    told = TicSettings(topic="t", preset="tasmota_contract", fields={"TOMORROW": "CONTRACT.tomorrow"})
    assert told.paths == {
        "TODAY": "CONTRACT.color", "PERIOD": "CONTRACT.hour", "TOMORROW": "CONTRACT.tomorrow",
    }  # fmt: skip

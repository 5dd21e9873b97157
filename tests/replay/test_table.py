"""Recorded CSV: what is read, what is left out, and what is said about a file that is not as it should be."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from services.replay.recorded import Recording
from services.replay.steps import Step
from services.replay.table import Unreadable

Write = Callable[[str, str], Path]
HOUSE = "time_utc,load_w,pv_w\n2024-03-03T00:00:00Z,300,0\n2024-03-03T00:30:00Z,400,50\n2024-03-03T01:00:00Z,500,100\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Makes a file, packed if its name says so."""

    def made(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return made


def steps(*paths: Path, **others: str) -> tuple[list[Step], Recording]:
    """All steps, and what is known about the files afterwards."""
    recording = Recording(paths, others)
    return list(recording.steps(0.25, 0.04)), recording


def test_rows_are_steps_with_the_usual_prices_where_the_data_has_none(write: Write) -> None:
    found, recording = steps(write("house.csv", HOUSE))
    assert found[1] == Step(1_709_425_800, 0.5, 400, 50, 0.25, 0.04, None)
    assert (recording.step_s, dict(recording.gaps.hours)) == (1800, {})


def test_a_packed_file_with_seconds_and_other_names_is_the_same(write: Write) -> None:
    text = "epoch_s,p_total_w,extra,pv_w\n1709424000,300,x,0\n1709425800,400,x,50\n1709427600,500,x,100\n"
    assert steps(write("other.csv.gz", text), p_total_w="load_w")[0] == steps(write("house.csv", HOUSE))[0]


def test_an_empty_field_is_not_zero_it_is_left_out_and_told(write: Write) -> None:
    found, recording = steps(write("house.csv", HOUSE.replace("400,50", "400,")))
    assert [step.load_w for step in found] == [300, 500]
    assert dict(recording.gaps.hours) == {"pv_w": 0.5}


def test_rows_that_are_not_there_are_a_gap(write: Write) -> None:
    later = "2024-03-03T06:00:00Z,500,100\n"
    found, recording = steps(write("house.csv", HOUSE + later))
    assert len(found) == 4
    assert dict(recording.gaps.hours) == {"load_w": 4.5}
    assert recording.gaps.longest_h == 4.5


def test_a_house_without_the_column_has_no_sun(write: Write) -> None:
    found, _ = steps(write("house.csv", "time_utc,load_w\n2024-03-03T00:00:00Z,300\n2024-03-03T00:30:00Z,400\n"))
    assert [step.production_w for step in found] == [0.0, 0.0]


def test_prices_of_another_file_and_another_length_are_means(write: Write) -> None:
    quarters = [f"2024-03-03T0{hour}:{minute:02}:00Z" for hour in (0, 1) for minute in (0, 15, 30, 45)]
    rows = "".join(f"{at},{0.1 * place:.1f}\n" for place, at in enumerate(quarters))
    found, recording = steps(write("house.csv", HOUSE), write("prices.csv", "time_utc,import_eur_per_kwh\n" + rows))
    assert [step.import_eur_per_kwh for step in found] == [pytest.approx(each) for each in (0.05, 0.25, 0.45)]
    assert {step.export_eur_per_kwh for step in found} == {0.04}
    assert not recording.gaps.hours


def test_where_the_price_ends_so_does_the_replay(write: Write) -> None:
    prices = "time_utc,import_eur_per_kwh\n2024-03-03T00:00:00Z,0.1\n2024-03-03T00:30:00Z,0.2\n"
    found, recording = steps(write("house.csv", HOUSE), write("prices.csv", prices))
    assert len(found) == 2
    assert dict(recording.gaps.hours) == {"import_eur_per_kwh": 0.5}


def test_files_follow_one_another_whatever_their_order(write: Write) -> None:
    march, april = write("march.csv", HOUSE), write("april.csv", HOUSE.replace("2024-03", "2024-04"))
    found, _ = steps(april, march)
    assert [step.start_s for step in found] == sorted(step.start_s for step in found)
    assert len(found) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "house.csv:1: no column time_utc or epoch_s; found nothing"),
        ("when,load_w\n1,2\n", "house.csv:1: no column time_utc or epoch_s; found when, load_w"),
        ("time_utc,power\n1,2\n", "none of the columns load_w, pv_w"),
        ("time_utc,pv_w\n2024-03-03T00:00:00Z,1\n2024-03-03T01:00:00Z,1\n", "no file has a column load_w"),
        (HOUSE.split("2024-03-03T00:30", maxsplit=1)[0], "needs at least two rows"),
        (HOUSE.replace("300", "3oo"), "house.csv:2: load_w: found '3oo'; a number is expected here, or nothing"),
        (HOUSE.replace("300", "nan"), "house.csv:2: load_w: nan cannot be; leave the field empty"),
        (HOUSE.replace("00:30:00Z", "half past"), "house.csv:3: found '2024-03-03Thalf past'; a time like"),
        (HOUSE.replace("00:30:00Z", "00:30:00"), "house.csv:3: 2024-03-03T00:30:00 does not say in which zone"),
        (HOUSE + "2024-03-03T00:30:00Z,1,1\n", "house.csv:5: is not after the row before it"),
        ("epoch_s,load_w\nx,1\n", "house.csv:2: found 'x'; seconds since 1970 is expected here"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_would_be_right(write: Write, text: str, said: str) -> None:
    with pytest.raises(Unreadable) as raised:
        steps(write("house.csv", text))
    assert said in str(raised.value)


def test_a_file_that_is_no_text_is_named(write: Write, tmp_path: Path) -> None:
    (tmp_path / "house.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unreadable, match="is no CSV in UTF-8"):
        steps(tmp_path / "house.csv")
    (tmp_path / "house.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(Unreadable, match="cannot be read"):
        steps(tmp_path / "house.csv.gz")
    with pytest.raises(Unreadable, match=r"nowhere\.csv cannot be read: No such file"):
        steps(tmp_path / "nowhere.csv")


def test_periods_that_are_given_twice_are_refused(write: Write) -> None:
    with pytest.raises(Unreadable, match="overlap in time"):
        steps(write("one.csv", HOUSE), write("two.csv", HOUSE))

"""`ballast replay DATA`: a table, one object, a page; what is wrong, on stderr with its place."""

import re
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from services.cli.__main__ import run
from services.cli.side_by_side import Bar
from tests.replay.houses import week

QUICK = ["--policy", "none", "--policy", "rule", "--policy", "oracle"]
CONFIG = """
site: {timezone: Europe/Paris}
replay:
  batteries:
    cellar: {capacity_wh: 2000, max_charge_w: 800, max_discharge_w: 800}
  loads:
    boiler: {power_w: 2000, need_wh: 2000, ready_by: "07:00"}
  import_eur_per_kwh: 0.5
  columns: {house: load_w}
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two recorded days, one hour of which is missing."""
    rows = [
        f"{datetime.fromtimestamp(step.start_s, UTC):%Y-%m-%dT%H:%M:%SZ},{step.load_w:.0f},{step.production_w:.0f}"
        for step in week(2, gap=range(30, 32))
    ]
    (tmp_path / "house.csv").write_text("\n".join(["time_utc,load_w,pv_w", *rows]) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("data")
def test_a_person_gets_a_table_and_is_told_what_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "house.csv", *QUICK]) == 0
    told = capsys.readouterr()
    assert "2024-03-04 to 2024-03-05, 2.0 days measured" in told.out
    assert "left out: 1.0 h without load_w; longest gap 1.0 h" in told.out
    assert [line.split()[0] for line in told.out.splitlines()[2:6]] == ["policy", "none", "rule", "oracle"]
    assert told.err == "", "nobody looks at a terminal, so no progress is shown"


@pytest.mark.usefixtures("data")
def test_a_machine_gets_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "house.csv", *QUICK, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = orjson.loads(line)
    assert told["left_out_h"] == {"load_w": 1.0}
    assert told["policies"]["oracle"]["oracle_share_pct"] == 100.0
    assert told["policies"]["none"]["cycles"] == 0.0
    assert set(told["policies"]["rule"]) == {
        "cost_eur", "import_kwh", "export_kwh", "self_consumption_pct", "self_sufficiency_pct", "cycles",
        "peak_quarter_w", "unmet_kwh", "oracle_share_pct", "note",
    }  # fmt: skip


@pytest.mark.usefixtures("data")
def test_without_a_bound_there_is_no_share_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "house.csv", "--policy", "rule", "--json"]) == 0
    assert orjson.loads(capsys.readouterr().out)["policies"]["rule"]["oracle_share_pct"] is None


@pytest.mark.usefixtures("data")
def test_the_page_stands_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "house.csv", *QUICK, "--plot", "page.html"]) == 0
    page = (data / "page.html").read_text()
    assert page.count("<polyline") == 3
    assert not re.search(r"(src|href)=|url\(|@import|https?://", page)
    assert "Written to page.html" in capsys.readouterr().err


def test_the_house_of_the_file_is_lived_in(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "house.yaml").write_text(CONFIG)
    (data / "house.csv").write_text((data / "house.csv").read_text().replace("load_w", "house"))
    assert run(["replay", "house.csv", "--config", "house.yaml", *QUICK, "--json"]) == 0
    told = orjson.loads(capsys.readouterr().out)["policies"]
    assert told["none"]["cost_eur"] > 2 * 0.25 * told["none"]["import_kwh"] * 0.9
    assert told["rule"]["cycles"] > 0


def test_a_mistake_in_the_house_is_told_with_its_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "house.yaml").write_text("replay:\n  batteries:\n    cellar: {reserve_soc_pct: 90, ceiling_soc_pct: 50}\n")
    assert run(["replay", "house.csv", "--config", "house.yaml"]) == 78
    assert "house.yaml:3: replay.batteries.cellar: " in capsys.readouterr().err


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give either files of measured data, or --bus FILE"),
        (["house.csv", "--bus", "x"], "give either files of measured data, or --bus FILE"),
        (["nowhere.csv"], "nowhere.csv cannot be read: No such file"),
        (["house.csv", *QUICK, "--plot", "no/where.html"], "no/where.html cannot be written: No such file"),
    ],
)
def test_what_cannot_be_is_said(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", *words]) == 1
    assert said in capsys.readouterr().err


def test_data_of_which_no_row_is_whole_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"2024-03-03T0{hour}:00:00Z,300,\n" for hour in range(4))
    (data / "house.csv").write_text("time_utc,load_w,pv_w\n" + rows)
    assert run(["replay", "house.csv"]) == 1
    assert "not one row has everything that is needed; missing: 4.0 h without pv_w" in capsys.readouterr().err


def test_progress_is_shown_where_somebody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar(1000, is_shown=True)
    for read in (100, 600, 200, 400):  # the second file begins after 600 bytes
        bar.at(read)
    assert capsys.readouterr().err.endswith("██████████████████████████████ 100 %")
    bar.end()
    assert capsys.readouterr().err.endswith("\r")

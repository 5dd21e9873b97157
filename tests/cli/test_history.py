"""`ballast history import` as a person runs it."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common.clock import SystemClock
from services.cli.__main__ import run
from services.forecaster.ledger import NAME, opened, read

Import = Callable[[Path], int]
DAYS = 200


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    (tmp_path / "ballast.yaml").write_text("data_dir: data\n")
    return lambda file: run(["history", "import", str(file), "--config", str(tmp_path / "ballast.yaml")])


def file_of_days(path: Path, days: int = DAYS) -> Path:
    """Quarter hours up to this one."""
    now = datetime.fromtimestamp(SystemClock().wall_ms() // 900_000 * 900, UTC)
    times = (now - timedelta(minutes=15 * k) for k in range(96 * days, 0, -1))
    lines = (f"{when:%Y-%m-%dT%H:%M:%SZ},{k % 500},300" for k, when in enumerate(times))
    path.write_text("\n".join(["time_utc,pv_w,load_w", *lines]) + "\n")
    return path


def test_a_file_is_read_with_progress_and_twice_is_once(
    imported: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of_days(tmp_path / "old.csv")
    assert imported(file) == 0
    first = capsys.readouterr()
    assert "19,200 quarter hours" in first.out
    assert "19,200 new or completed, 0 known already" in first.out
    assert "10,000 lines" in first.err
    with opened(tmp_path / "data" / NAME) as disk:
        before = read(disk, SystemClock().wall_ms() / 1000)
    assert imported(file) == 0
    assert "0 new or completed, 19,200 known already" in capsys.readouterr().out
    with opened(tmp_path / "data" / NAME) as disk:
        assert read(disk, SystemClock().wall_ms() / 1000) == before


def test_a_packed_file_is_unpacked(imported: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = tmp_path / "old.csv.gz"
    packed.write_bytes(gzip.compress(file_of_days(tmp_path / "old.csv", days=2).read_bytes()))
    assert imported(packed) == 0
    assert "192 new" in capsys.readouterr().out


def test_a_file_with_mistakes_changes_nothing(
    imported: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of_days(tmp_path / "old.csv", days=1)
    file.write_text(file.read_text().replace(",300\n", ",-5000\n", 1))
    assert imported(file) == 1
    told = capsys.readouterr().err
    assert "old.csv: line 2: load_w: found '-5000'" in told
    assert "nothing was imported" in told
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"time_utc,pv_w\n2090-01-01T00:00:00Z,5\n"])
def test_a_file_that_cannot_be_used_is_told(
    imported: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "old.csv"
    if content is not None:
        file.write_bytes(content)
    assert imported(file) == 1
    assert "nothing was imported" in capsys.readouterr().err


def test_what_is_long_past_is_said_to_be_so(
    imported: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "old.csv"
    file.write_text("time_utc,pv_w\n2020-06-18T12:00:00Z,5\n2020-06-18T12:15:00Z,5\n")
    assert imported(file) == 0
    assert "today's forecast is not made of it" in capsys.readouterr().err


def test_recorded_data_is_read(shared: Path, imported: Import, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(shared / "data" / "home_fr_pv_forecast_30min_2024-03_2024-12_dev.csv.gz") == 0
    assert "from 2024-03-03 00:00 UTC to 2024-12-31 22:45 UTC" in capsys.readouterr().out

"""`ballast pair homewizard`: the button, the token, and what is said when it does not work."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.clock import Clock
from common.homewizard import load, pairing_file
from services.cli.__main__ import run
from services.cli.ports import free_port
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import House, Steps


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[P1Fake]:
    """A dongle whose button is pressed."""
    async with P1Fake(House(Steps(500.0), Steps(0.0), {}), clock) as made:
        made.press_button()
        yield made


def paired(folder: Path, *words: str) -> int:
    """The command, as it is typed."""
    return run(["pair", "homewizard", *words, "--config", str(folder / "ballast.yaml")])


@pytest.mark.real_time
async def test_the_token_is_stored_for_the_meter_of_the_file(
    fake: P1Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ballast.yaml").write_text(f"p1: {{id: main, host: {fake.host}, https_port: {fake.https_port}}}\n")
    assert await asyncio.to_thread(paired, tmp_path) == 0
    file = pairing_file(tmp_path / "data", "main")
    assert load(file).serial == fake.serial
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "aired" in capsys.readouterr().out


@pytest.mark.real_time
async def test_a_meter_with_another_serial_gets_no_token(
    fake: P1Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ballast.yaml").write_text(
        f'p1: {{host: {fake.host}, https_port: {fake.https_port}, serial: "3c39e7000000"}}\n'
    )
    assert await asyncio.to_thread(paired, tmp_path) == 1
    assert "3c39e7000000" in capsys.readouterr().err
    assert not pairing_file(tmp_path / "data", "p1").exists()


def test_a_meter_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ballast.yaml").write_text(f"p1: {{host: 127.0.0.1, https_port: {free_port()}}}\n")
    assert paired(tmp_path) == 1
    assert "127.0.0.1" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    (tmp_path / "ballast.yaml").write_text("p1: {host: 127.0.0.1}\n")
    assert paired(tmp_path) == 1
    assert f"The pairing could not be stored under {tmp_path / 'data'}" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("p1",), ("socket",)])
def test_a_device_that_the_file_does_not_name_needs_an_address(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ballast.yaml").write_text("p1: {id: main, host: 127.0.0.1}\n" if words else "")
    assert paired(tmp_path, *words) == 2
    assert f"says nothing of {(words or ('p1',))[0]}, or of nothing there that can be paired" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--host", "127.0.0.2"), ("socket", "--host", "127.0.0.2")])
def test_an_address_on_the_command_line_comes_first(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is at home there, and that is told of this address."""
    (tmp_path / "ballast.yaml").write_text(f"p1: {{host: 127.0.0.1, https_port: {free_port()}}}\n")
    assert paired(tmp_path, *words) == 1
    assert "127.0.0.2" in capsys.readouterr().err

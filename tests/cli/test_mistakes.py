"""A wrong configuration: every command says every mistake, exits with 78, and starts nothing."""

import socket
from pathlib import Path

import pytest

from services.cli.__main__ import SUBCOMMANDS, run

WRONG = """\
mqtt: {hots: 127.0.0.1, port: 99999}
p1: {host: 127.0.0.1, api: v3}
balancer: {order: [garage], target_grid_w: none}
"""
COMMANDS = {
    "run": ["run", "all"],
    "check": ["check", "--offline"],
    "pair": ["pair", "homewizard"],
    "calibrate": ["calibrate", "hot_water"],
    "history": ["history", "import", "old.csv"],
    "once": ["once"],
    "record": ["record"],
    "replay": ["replay", "--bus", "hand.jsonl"],
}
NEEDS_NONE = {"demo", "discover", "contract", "schema", "metrics", "dashboards", "top", "health", "setup"}
"""Those that read no file of the owner's, as `top` without a terminal; setup has tests of its own."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a wrong file, in which the commands run."""
    (tmp_path / "ballast.yaml").write_text(WRONG)
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "METRICS_PORT", "CLOCK_RATE", "LOG_LEVEL", "LOG_FORMAT"):
        monkeypatch.delenv(f"BALLAST_{name}", raising=False)
    return tmp_path


def said(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command complains about; it has to end with 78, quiet on stdout."""
    assert run(list(words)) == 78
    out, complaint = capfd.readouterr()
    assert out == ""
    return complaint


def test_every_command_is_here_or_reads_no_file() -> None:
    assert COMMANDS.keys() | NEEDS_NONE == SUBCOMMANDS.keys()


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_every_mistake_is_said_with_its_line_and_nothing_is_started(
    words: list[str], folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    complaint = said(capfd, *words)
    assert complaint.startswith("The configuration has 4 mistake(s); nothing was started.\n")
    for place, advice in (
        ("ballast.yaml:1: mqtt.hots", "did you mean 'host'?"),
        ("ballast.yaml:1: mqtt.port", "99999"),
        ("ballast.yaml:2: p1.api", "'v3'"),
        ("ballast.yaml:3: balancer.target_grid_w", "'none'"),
    ):
        assert [line for line in complaint.splitlines() if place in line and advice in line]
    assert {path.name for path in folder.iterdir()} == {"ballast.yaml"}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_file_that_is_not_there_is_a_mistake_too(
    words: list[str], folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "ballast.yaml").unlink()
    assert "ballast.yaml" in said(capfd, *words)


@pytest.mark.parametrize("words", [*COMMANDS.values(), ["health", "p1"]], ids=[*COMMANDS, "health"])
def test_an_environment_that_cannot_be_used_is_said_and_no_traceback(
    words: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BALLAST_METRICS_PORT", "many")
    monkeypatch.setenv("BALLAST_LOG_LEVEL", "loud")
    complaint = said(capfd, *words)
    assert "environment: BALLAST_METRICS_PORT: found 'many'" in complaint
    assert "environment: BALLAST_LOG_LEVEL: found 'LOUD'" in complaint or "found 'loud'" in complaint


def test_a_service_without_its_section_is_a_mistake(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "ballast.yaml").write_text("balancer: {order: [garage]}\n")
    complaint = said(capfd, "run", "balancer", "p1")
    assert "ballast.yaml: p1: is missing; it needs at least `host: " in complaint
    assert not (folder / "data").exists()


def test_a_metrics_port_in_use_is_a_mistake(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        (folder / "ballast.yaml").write_text(f"balancer: {{order: [garage], metrics_port: {port}}}\n")
        assert f"port {port} cannot be used" in said(capfd, "run", "balancer")
    assert not (folder / "data").exists()


def test_the_file_may_be_named(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "other.yaml").write_text("p1: {hots: 127.0.0.1}\n")
    for words in (["check", "other.yaml"], ["check", "--config", "other.yaml"], ["once", "--config", "other.yaml"]):
        assert "other.yaml:1: p1.hots" in said(capfd, *words)

"""`ballast replay --bus`: JSON lines on stdout and nothing else; what is wrong, on stderr with its place."""

import io
import sys
from pathlib import Path

import orjson
import pytest

from services.cli.__main__ import run
from tests.replay.test_bus import HAND

YAML = "balancer: {order: [garage]}\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and a recording by hand."""
    (tmp_path / "ballast.yaml").write_text(YAML)
    (tmp_path / "hand.jsonl").write_bytes(b"\n".join(HAND) + b"\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("house")
def test_every_line_of_stdout_is_a_message(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["replay", "--bus", "hand.jsonl"]) == 0
    captured = capfdbinary.readouterr()
    lines = [orjson.loads(line) for line in captured.out.splitlines()]
    assert {frozenset(line) for line in lines} == {frozenset({"t_ms", "topic", "payload", "retain"})}
    assert {line["payload"]["boot"] for line in lines if isinstance(line["payload"], dict)} == {"replay"}
    assert captured.err == b""


@pytest.mark.usefixtures("house")
def test_twice_the_same_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = []
    for _ in range(2):
        run(["replay", "--bus", "hand.jsonl"])
        out.append(capfdbinary.readouterr().out)
    assert out[0] == out[1] != b""


def test_a_wrong_line_is_named_and_nothing_is_told(house: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (house / "hand.jsonl").write_bytes(b"\n".join([*HAND, b"{"]))
    assert run(["replay", "--bus", "hand.jsonl"]) == 1
    captured = capfdbinary.readouterr()
    assert captured.out == b""
    assert captured.err.startswith(b"hand.jsonl:8: it is no JSON")


@pytest.mark.usefixtures("house")
def test_a_recording_may_come_from_a_pipe(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(["replay", "--bus", "hand.jsonl"])
    from_file = capfdbinary.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(HAND))))
    assert run(["replay", "--bus", "-"]) == 0
    assert capfdbinary.readouterr().out == from_file
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"what?")))
    assert run(["replay", "--bus", "-"]) == 1
    assert capfdbinary.readouterr().err.startswith(b"stdin:1: ")


@pytest.mark.usefixtures("house")
def test_a_file_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--bus", "nowhere.jsonl"]) == 1
    assert "nowhere.jsonl cannot be read: No such file" in capsys.readouterr().err


def test_nothing_to_decide_is_said(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "ballast.yaml").write_text("balancer: {grid_meter: p1}\n")
    assert run(["replay", "--bus", "hand.jsonl"]) == 1
    assert "has no balancer.order" in capsys.readouterr().err

"""`ballast health`: its exit status is the answer, for container health checks."""

from collections.abc import Iterator

import pytest

from common.health import Health, endpoint
from services.cli.__main__ import run
from services.cli.ports import free_port


@pytest.fixture
def health() -> Health:
    """A service that is well until the test says otherwise."""
    made = Health("p1")
    made.connected = lambda: True
    return made


@pytest.fixture
def port(health: Health) -> Iterator[int]:
    """Where it can be asked."""
    with endpoint("127.0.0.1", 0, [health]) as number:
        yield number


def test_a_service_that_is_well_is_0(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["health", "p1", "--port", f"{port}"]) == 0
    assert capsys.readouterr().out == '{"ok":true,"services":{"p1":null}}\n'


def test_one_that_is_not_is_1_and_says_why(port: int, health: Health, capsys: pytest.CaptureFixture[str]) -> None:
    health.trouble = "the meter is silent"
    assert run(["health", "p1", "--port", f"{port}"]) == 1
    assert "the meter is silent" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["balancer", "p1&x", "p1 p2", "../p1", ""])
def test_one_that_does_not_run_there_is_1(port: int, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["health", name or "–", "--port", f"{port}"]) == 1
    assert '"ok":false' in capsys.readouterr().out


def test_nobody_at_the_port_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert run(["health", "p1", "--port", f"{port}"]) == 1
    assert f"p1 does not answer on port {port}: " in capsys.readouterr().out


def test_the_port_of_the_container_is_the_usual_one(
    port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BALLAST_METRICS_PORT", f"{port}")
    assert run(["health", "p1"]) == 0
    assert '"ok":true' in capsys.readouterr().out

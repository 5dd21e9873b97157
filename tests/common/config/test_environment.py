"""What the process's environment may say, and how its mistakes are told."""

from pathlib import Path

import pytest

from common.config.environment import read
from common.errors import ConfigError


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "METRICS_PORT", "LOG_FORMAT", "LOG_LEVEL", "CLOCK_RATE", "CLOCK_EPOCH_MS"):
        monkeypatch.delenv(f"BALLAST_{name}", raising=False)


def test_nothing_needs_to_be_set() -> None:
    known = read()
    assert (known.config, known.metrics_port, known.log_format, known.log_level) == (
        Path("ballast.yaml"),
        None,
        "text",
        "INFO",
    )


def test_what_is_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BALLAST_CONFIG", "/etc/ballast.yaml")
    monkeypatch.setenv("BALLAST_METRICS_PORT", "9464")
    monkeypatch.setenv("BALLAST_LOG_FORMAT", "json")
    monkeypatch.setenv("BALLAST_LOG_LEVEL", "debug")
    known = read()
    assert (known.config, known.metrics_port, known.log_format, known.log_level) == (
        Path("/etc/ballast.yaml"),
        9464,
        "json",
        "DEBUG",
    )


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass on what is empty."""
    for name in ("CONFIG", "METRICS_PORT", "LOG_LEVEL", "CLOCK_RATE"):
        monkeypatch.setenv(f"BALLAST_{name}", "")
    assert read().config == Path("ballast.yaml")


def test_the_clock_of_an_environment_runs_at_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BALLAST_CLOCK_RATE", "60")
    monkeypatch.setenv("BALLAST_CLOCK_EPOCH_MS", "0")
    fast = read().clock()
    monkeypatch.setenv("BALLAST_CLOCK_RATE", "1")
    assert fast.wall_ms() == pytest.approx(60 * read().clock().wall_ms(), rel=1e-6)


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"METRICS_PORT": "70000", "LOG_FORMAT": "xml", "LOG_LEVEL": "loud", "CLOCK_RATE": "nan",
             "CLOCK_EPOCH_MS": "yesterday"}  # fmt: skip
    for name, value in wrong.items():
        monkeypatch.setenv(f"BALLAST_{name}", value)
    with pytest.raises(ConfigError) as caught:
        read()
    told = [str(problem) for problem in caught.value.problems]
    assert [line.split(":")[1].strip() for line in told] == [f"BALLAST_{name}" for name in wrong]
    assert "found '70000'; Input should be less than or equal to 65535" in told[0]


@pytest.mark.parametrize("rate", ["0", "-1", "inf", "fast"])
def test_a_clock_that_would_not_run_forward_is_a_mistake(monkeypatch: pytest.MonkeyPatch, rate: str) -> None:
    monkeypatch.setenv("BALLAST_CLOCK_RATE", rate)
    with pytest.raises(ConfigError, match="BALLAST_CLOCK_RATE"):
        read()

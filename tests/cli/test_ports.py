"""Ports that are told to processes before they start."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli import ports
from services.cli.ports import FIRST, LAST, NoPortLeft, free_port

MANY = "from services.cli.ports import free_port; print([free_port() for _ in range(60)])"


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A queue of the test's own."""
    file = tmp_path / "queue"
    monkeypatch.setattr(ports, "QUEUE", file)
    return file


def test_nobody_gets_what_another_process_was_just_told() -> None:
    """Two test runs on one machine had a broker on a port that a service had been promised."""
    askers = [subprocess.Popen([sys.executable, "-c", MANY], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = [number for asker in askers for number in json.loads(asker.communicate()[0])]
    assert len(set(told)) == len(told) == 240


def test_the_range_is_below_what_the_system_gives_by_itself() -> None:
    """Else any connection may take a port between the promise and its use."""
    low = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if not low.exists():
        pytest.skip("this system does not tell the range of its own ports")
    assert int(low.read_text().split()[0]) > LAST


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_in_use_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: socket.SocketKind) -> None:
    """Whoever uses it, and for whichever protocol."""
    port = free_port()
    again = tmp_path / "queue"
    again.write_text(str(port - 1) if port > FIRST else str(LAST))
    monkeypatch.setattr(ports, "QUEUE", again)
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        assert free_port() != port


@pytest.mark.parametrize("text", ["", "nonsense", "80", "99999999", "-1"])
def test_a_damaged_queue_starts_again(queue: Path, text: str) -> None:
    """Whoever was killed while writing it."""
    queue.write_text(text)
    assert FIRST <= free_port() <= LAST


def test_after_the_last_comes_the_first(queue: Path) -> None:
    """The queue goes round."""
    queue.write_text(str(LAST))
    assert FIRST <= free_port() < LAST


@pytest.mark.usefixtures("queue")
def test_none_left_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the range, so that somebody can look who holds them."""
    monkeypatch.setattr(ports, "_is_free", lambda port: False)
    with pytest.raises(NoPortLeft, match=f"no port from {FIRST} to {LAST} is free"):
        free_port()

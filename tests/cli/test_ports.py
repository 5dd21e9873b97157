"""Ports that are told to processes before they start."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli import ports
from services.cli.ports import FIRST, LAST, NoPortLeft, free_port, is_free

MANY = """
import os, sys
from services.cli.ports import free_port
os.getpid = lambda: 0
print([free_port() for _ in range(250)], flush=True)
sys.stdin.read()
"""
"""Asks, and lives on; whoever asks begins at the same place."""


def test_nobody_gets_what_another_process_was_just_told() -> None:
    """Two test runs on one machine had a broker on a port that a service had been promised."""
    command = [sys.executable, "-c", MANY]
    askers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        told = [port for asker in askers if asker.stdout for port in json.loads(asker.stdout.readline())]
    finally:
        for asker in askers:
            asker.kill()
            asker.communicate()
    assert len(set(told)) == len(told) == 750


def test_the_range_is_below_what_the_system_gives_by_itself() -> None:
    """Else any connection may take a port between the promise and its use."""
    system = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if not system.exists():
        pytest.skip("this system does not tell the range of its own ports")
    assert FIRST < LAST < int(system.read_text().split()[0])


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_in_use_is_not_free(kind: socket.SocketKind) -> None:
    """Whatever address it is used on, and for whichever protocol."""
    port = free_port()
    assert is_free(port)
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", port))
        assert not is_free(port)


def test_none_left_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the range, so that somebody can look who holds them."""
    monkeypatch.setattr(ports, "_PORTS", iter(()))
    with pytest.raises(NoPortLeft, match=f"no port from {FIRST} to {LAST} is free"):
        free_port()

"""`ballast run`: what may be run, and `run all`, in which one service that fails disturbs no other."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.cli.__main__ import run
from services.cli.registry import DEPLOYED, NAMES, sections, service
from tests.brokers import Broker
from tests.guests import Guest, guest


@contextmanager
def running(folder: Path, *names: str) -> Iterator["subprocess.Popen[str]"]:
    """`ballast run`, as a process of its own, ended at the latest with the block."""
    environment = {**os.environ, "BALLAST_CONFIG": str(folder / "ballast.yaml")}
    command = [sys.executable, "-m", "services.cli", "run", *names]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def folder(broker: Broker, tmp_path: Path) -> Path:
    """A house with a meter that is away, and a balancer."""
    (tmp_path / "ballast.yaml").write_text(
        f"mqtt: {{host: 127.0.0.1, port: {broker.port}, protocol: {broker.settings.protocol}}}\n"
        "p1: {host: 127.0.0.1, http_port: 1, api: v1}\n"
        "balancer: {order: [garage]}\n"
    )
    return tmp_path


async def status(witness: Guest, name: str, word: bytes) -> None:
    await witness.hears(lambda heard: (heard.topic, heard.payload) == (f"ems/service/ems-{name}/status", word))


@pytest.mark.e2e
@pytest.mark.real_time
async def test_one_that_fails_is_started_again_and_the_others_go_on(broker: Broker, folder: Path) -> None:
    """The balancer's lock cannot be taken, until somebody mends it."""
    obstacle = folder / "data" / "balancer.lock"
    obstacle.mkdir(parents=True)
    async with guest(broker.settings, "ems/service/+/status") as witness:
        with running(folder, "all") as process:
            await status(witness, "p1", b"online")
            assert witness.payloads("ems/service/ems-balancer/status") == []
            obstacle.rmdir()
            await status(witness, "balancer", b"online")
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            _, log = await asyncio.to_thread(process.communicate, timeout=30)
        await status(witness, "p1", b"offline")
        await status(witness, "balancer", b"offline")
    assert process.returncode == 0
    assert "balancer failed and starts again in " in log
    assert "p1 failed" not in log


@pytest.mark.parametrize("name", ["p2", "simulater", "", "all"])
def test_a_service_that_does_not_exist_is_named(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`all` stands alone."""
    assert run(["run", "p1", name, "--config", str(folder / "ballast.yaml")]) == 2
    assert f"there is no service {name!r}; there are {', '.join(NAMES)}" in capsys.readouterr().err


def test_with_nothing_to_run_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The simulator is no service of a house."""
    (tmp_path / "ballast.yaml").write_text("simulator: {}\n")
    assert run(["run", "all", "--config", str(tmp_path / "ballast.yaml")]) == 1
    assert "has no section of a service, so there is nothing to run" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_every_service_is_what_its_name_says(name: str) -> None:
    assert service(name).name == name
    assert service(name).settings is sections()[name]


def test_all_is_everything_but_the_simulated_house() -> None:
    assert set(DEPLOYED) == set(NAMES) - {"simulator"}


def test_reading_the_file_starts_no_service(tmp_path: Path) -> None:
    """A process on a Pi does not import what it does not use, be it only the settings of another service."""
    file = tmp_path / "ballast.yaml"
    file.write_text("p1: {host: 127.0.0.1}\n")
    code = (
        "import sys; from pathlib import Path; from common.config import load\n"
        "from services.cli.registry import sections\n"
        "load(Path(sys.argv[1]), sections(), {}); print([*sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert "'services.p1.config'" in done.stdout
    unused = ("aiohttp", "services.p1.bridge", "services.balancer.config", "services.tempo.config")
    assert not [name for name in unused if f"'{name}'" in done.stdout]

"""What only a Docker engine can tell: Compose reads the file without a murmur, in every way it is used."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from services.cli.registry import DEPLOYED
from tests.deploy.papers import ROOT, SERVICES, blocks

pytestmark = pytest.mark.docker
ALL = f"house,{','.join(DEPLOYED)}"
PROFILES = ("", "demo", "tools", "house", ALL, f"{ALL},dashboards", "house,balancer", "house,udp_battery")


def _engine() -> str | None:
    """Why no engine can be asked, or None."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    asked = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, check=False)
    if asked.returncode != 0:
        return "no Docker engine answers"
    composed = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return "docker has no Compose v2" if composed.returncode != 0 else None


@pytest.fixture(scope="module", autouse=True)
def engine() -> None:
    """Skip where there is none."""
    why = _engine()
    if why is not None:
        pytest.skip(why)


def compose(*words: str, profiles: str = "", folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run `docker compose` as on a fresh checkout, without anybody's .env."""
    told = {"COMPOSE_PROFILES": profiles, "COMPOSE_PROJECT_DIRECTORY": str(folder)}
    command = ["docker", "compose", "--env-file", os.devnull, *words]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **told}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("profiles", PROFILES)
def test_the_file_is_clean(profiles: str) -> None:
    done = compose("config", "-q", profiles=profiles)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("text", blocks("yaml"))
def test_what_the_guide_has_you_paste_fits_the_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "compose.override.yaml").write_text(text)
    files = ("-f", "compose.yaml", "-f", str(tmp_path / "compose.override.yaml"))
    done = compose(*files, "config", "-q", profiles=ALL)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_asked_for_wins_over_what_is_usual() -> None:
    """`--profile demo` in a folder whose .env says `house` starts the demonstration and nothing of the house."""
    done = compose("--profile", "demo", "config", "--services", profiles=ALL)
    assert set(done.stdout.split()) == {name for name in SERVICES if "demo" in SERVICES[name]["profiles"]}


def test_the_broker_is_published_where_the_owner_says() -> None:
    done = compose("config", "--format", "json", profiles="house")
    (port,) = json.loads(done.stdout)["services"]["mosquitto"]["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "1883", 1883)

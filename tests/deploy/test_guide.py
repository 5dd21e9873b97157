"""Every command of `docs/deploy.md` exists, and its files do what it says."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from common.config import MqttSettings
from common.link import client
from services.cli.__main__ import SUBCOMMANDS, _parser
from services.cli.__main__ import run as ballast
from services.cli.ports import free_port
from tests.brokers import MOSQUITTO, SHIPPED, WITHOUT, Broker, shipped_configuration
from tests.deploy.papers import SERVICES, blocks, commands

VERBS = {"build", "down", "exec", "logs", "ps", "restart", "run", "start", "stop", "up", "version"}
WITH_VALUE = {"--tail", "--profile"}
COMPOSE = [command.split(" ")[2:] for command in commands() if command.startswith("docker compose ")]


def words(command: list[str]) -> list[str]:
    """Verb, services and what follows, options left out."""
    plain, skip = [], False
    for word in command:
        if not skip and not word.startswith("-"):
            plain.append(word)
        skip = word in WITH_VALUE
    return plain


@pytest.mark.parametrize("command", COMPOSE, ids=" ".join)
def test_a_command_names_services_that_exist(command: list[str]) -> None:
    verb, *rest = words(command)
    assert verb in VERBS
    named = rest[:1] if verb in ("run", "exec") else rest
    assert set(named) <= SERVICES.keys()


def typed() -> list[list[str]]:
    """What the guide has people type to `ballast` itself, in a container or without one."""
    inside = [command[command.index("ballast") + 1 :] for command in COMPOSE if "ballast" in command]
    return inside + [command.split(" ")[1:] for command in commands() if command.startswith("ballast ")]


@pytest.mark.parametrize("command", typed(), ids=" ".join)
def test_a_subcommand_takes_what_the_guide_gives_it(command: list[str]) -> None:
    assert command[0] in SUBCOMMANDS
    _parser(command[0]).parse_args(command)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_what_is_to_be_pasted_changes_services_that_exist(text: str) -> None:
    for name, change in yaml.safe_load(text)["services"].items():
        assert name in SERVICES
        assert change.keys() <= SERVICES[name].keys() | {"network_mode", "extra_hosts", "environment", "ports"}


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[MqttSettings]:
    """A broker after the commands as they stand, with the last five lines of its configuration without their `#`."""
    openssl = shutil.which("openssl")
    if MOSQUITTO is None or openssl is None:
        pytest.skip(WITHOUT if openssl else "openssl is not installed")
    (tmp_path / "ballast.yaml").write_text("mqtt: {password_dir: secrets}\n")
    assert ballast(["setup", "--folder", str(tmp_path)]) == 0
    typed = next(block for block in blocks() if "openssl" in block).replace("home.example.org", "localhost")
    without_sudo = "\n".join(line for line in typed.splitlines() if not line.startswith("sudo"))
    subprocess.run(["bash", "-euc", without_sudo], cwd=tmp_path, check=True, capture_output=True)
    port, secure = free_port(), free_port()
    text = shipped_configuration(tmp_path, port)
    for line in SHIPPED.read_text().splitlines()[-5:]:
        here = line.replace("/mosquitto/config", f"{tmp_path}/mosquitto")
        assert here in text
        text = text.replace(here, here.removeprefix("#").replace("listener 8883", f"listener {secure} 127.0.0.1"))
    (tmp_path / "broker.conf").write_text(text)
    broker = Broker([MOSQUITTO, "-c", str(tmp_path / "broker.conf")], port, "5")
    broker.start()
    ca_file = tmp_path / "mosquitto" / "tls" / "ca.crt"
    yield MqttSettings(host="localhost", port=secure, password_dir=tmp_path / "secrets", ca_file=ca_file)
    broker.kill()


@pytest.mark.e2e
@pytest.mark.real_time
async def test_the_way_to_tls_ends_at_an_encrypted_connection(encrypted: MqttSettings) -> None:
    async with client(encrypted, "viewer", "viewer") as connected:
        await connected.subscribe("$SYS/broker/version")
        message = await anext(aiter(connected.messages))
        assert message.topic.value == "$SYS/broker/version"

"""Real brokers for tests: Mosquitto where it is installed, else the embedded one."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from common.config import MqttSettings
from services.cli.ports import free_port
from tests.waiting import until

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
WITHOUT = "Mosquitto is not installed, and the embedded broker knows neither passwords nor rights"
EMBEDDED = [sys.executable, "-m", "services.cli.embedded_broker"]
SHIPPED = Path(__file__).parents[1] / "mosquitto" / "mosquitto.conf"
OPEN = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_packet_size 65536
log_type error
log_dest stdout
user root
"""
"""The last line counts only where the tests run as root: there the broker may still read the tests' own folder."""


@dataclass
class Broker:
    """A broker process that a test may stop, freeze, kill and start again."""

    command: list[str]
    port: int
    speaks: str
    password_dir: Path | None = None
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def settings(self) -> MqttSettings:
        """How services reach it."""
        protocol: Literal[5, "3.1.1"] = 5 if self.speaks == "5" else "3.1.1"
        return MqttSettings(host="127.0.0.1", port=self.port, protocol=protocol, password_dir=self.password_dir)

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        until(self._accepts, f"the broker on port {self.port} accepts connections")

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Stop it without closing anything."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def reload(self) -> None:
        """Have it read its password and ACL files again."""
        self.process.send_signal(signal.SIGHUP)

    def _accepts(self) -> bool:
        assert self.process.poll() is None, f"{self.command[0]} did not start"
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def start_broker(folder: Path, configuration: str = OPEN) -> Iterator[Broker]:
    """A broker for the block; `configuration` is Mosquitto's, with `{port}` where the port goes."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    if MOSQUITTO:
        (folder / "mosquitto.conf").write_text(configuration.format(port=port))
        running = Broker([MOSQUITTO, "-c", str(folder / "mosquitto.conf")], port, "5")
    else:
        running = Broker([*EMBEDDED, str(port)], port, "3.1.1")
    with _running(running):
        yield running


def shipped_configuration(house: Path, port: int) -> str:
    """The broker's configuration as we ship it, word for word but for the port and the folders."""
    text = SHIPPED.read_text()
    ours = {
        "listener 1883\n": f"listener {port} 127.0.0.1\n",
        "/mosquitto/config/": f"{house}/mosquitto/",
        "/mosquitto/data/": f"{house}/data/mosquitto/",
    }
    for shipped, here in ours.items():
        assert shipped in text
        text = text.replace(shipped, here)
    return text + ("user root\n" if os.geteuid() == 0 else "")  # else it would leave root, and our files with it


@contextmanager
def start_shipped_broker(house: Path) -> Iterator[Broker]:
    """Mosquitto as we ship it, for a folder in which `ballast setup` has been; only where it is installed."""
    assert MOSQUITTO is not None
    port, file = free_port(), house / "broker.conf"
    file.write_text(shipped_configuration(house, port))
    running = Broker([MOSQUITTO, "-c", str(file)], port, "5", house / "secrets")
    with _running(running):
        yield running


@contextmanager
def _running(broker: Broker) -> Iterator[None]:
    try:
        broker.start()
        yield
    finally:
        broker.thaw()
        broker.kill()

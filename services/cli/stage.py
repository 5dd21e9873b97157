"""The stage of the demonstration: a folder, a broker, free ports, and the file that all processes read."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from services.cli.ports import free_port

MOSQUITTO_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin:/opt/homebrew/bin"

MOSQUITTO_CONF = """\
# The demonstration's broker: open to this machine only.
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_packet_size 65536
max_queued_messages 1000
persistence false
log_type error
"""

BALLAST_YAML = """\
# Written by `ballast demo`: a P1 meter, two Marstek batteries of different firmware, and the balancer.
mqtt: {{host: 127.0.0.1, port: {mqtt_port}, protocol: {protocol}}}
site: {{timezone: Europe/Paris, phases: 3, connection_a: 25}}
data_dir: data
p1: {{host: 127.0.0.1, http_port: {http_port}, https_port: {https_port}, api: v2, metrics_port: {p1_port}}}
udp_battery:
  bind_host: 127.0.0.1
  metrics_port: {udp_port}
  batteries:
    garage_battery: {{host: 127.0.0.1, port: {garage_port}, local_port: 0, phase: 1}}
    cellar_battery: {{host: 127.0.0.1, port: {cellar_port}, local_port: 0, phase: 2}}
web: {{host: 127.0.0.1, port: {web_port}, open: true}}
balancer:
  metrics_port: {balancer_port}
  grid_meter: p1
  order: [garage_battery, cellar_battery]
simulator:
  metrics_port: {simulator_port}
  journal: {journal}
  production_w: {production}
  meter: {{http_port: {http_port}, https_port: {https_port}, button_pressed: true}}
  batteries:
    garage_battery: {{port: {garage_port}, firmware: venus_e3_150, soc_pct: 62}}
    cellar_battery: {{port: {cellar_port}, firmware: venus_a_147, soc_pct: 48, capacity_wh: 2080}}
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything of one demonstration is."""

    folder: Path
    broker_command: list[str]
    mqtt_port: int
    web_port: int
    broker_name: str
    metrics_ports: dict[str, int]

    @property
    def config(self) -> Path:
        """The file that all processes read."""
        return self.folder / "ballast.yaml"

    @property
    def journal(self) -> Path:
        """What was done to the simulated devices."""
        return self.folder / "journal.jsonl"


def set_stage(folder: Path, production_w: float | None = None) -> Stage:
    """Write the files and choose the ports. `production_w`: what the roof always gives; None: as the sky will."""
    names = ("p1", "udp", "balancer", "simulator")
    others = ("mqtt", "http", "https", "garage", "cellar", "web")
    ports = {f"{name}_port": free_port() for name in (*names, *others)}
    mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path=MOSQUITTO_FOLDERS)
    (folder / "mosquitto.conf").write_text(MOSQUITTO_CONF.format(port=ports["mqtt_port"]))
    protocol, journal = ("5" if mosquitto else "3.1.1"), folder / "journal.jsonl"
    production = "null" if production_w is None else f"{production_w:g}"
    (folder / "ballast.yaml").write_text(
        BALLAST_YAML.format(protocol=protocol, journal=journal, production=production, **ports)
    )
    embedded = [sys.executable, "-m", "services.cli.embedded_broker", str(ports["mqtt_port"])]
    return Stage(
        folder=folder,
        broker_command=[mosquitto, "-c", str(folder / "mosquitto.conf")] if mosquitto else embedded,
        mqtt_port=ports["mqtt_port"],
        web_port=ports["web_port"],
        broker_name="Mosquitto" if mosquitto else "the embedded broker",
        metrics_ports={"udp_battery" if name == "udp" else name: ports[f"{name}_port"] for name in names},
    )

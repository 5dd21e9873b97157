"""Records what the services of a simulated house show to Prometheus, for the tests of the dashboards.

`python -m tests.seeing.record` plays 45 minutes of a spring day at ten times its speed and writes every series
that a dashboard asks for, two or three times a minute of that day, as OpenMetrics with time stamps.
"""

import asyncio
import contextlib
import gzip
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from common import metrics
from common.clock import SystemClock
from common.means import QUARTER_S, quarter
from services.cli.ports import free_port
from services.forecaster.core.plant import Plane, Plant, Site
from services.forecaster.core.quarters import Expected, Quarter
from services.forecaster.core.score import KINDS, LEADS, Told
from services.forecaster.ledger import NAME, opened, write
from tests.brokers import start_broker
from tests.guests import guest
from tests.seeing.prometheus import SAMPLE, asked_series

ROOT = Path(__file__).parents[2]
RATE = 10.0
BEGINS_MS = 1_776_762_000_000
"""21 April 2026, 11:00 in Paris: the simulated house begins at eleven."""
LASTS_S = 45 * 60
SCORES = frozenset({"ems_plan_score_euros", "ems_plan_score_ratio"})
HEATERS = ("towel_rail", "dehumidifier")
ORDER = ("water_heater", "pool_pump", "pool_heater", "heaters", "garage_battery", "cellar_battery")


def house(mqtt_port: int) -> dict[str, Any]:
    """The demonstration's house on free ports of the loopback, with loads, radiators that take turns, and a roof."""
    text = (ROOT / "services" / "simulator" / "demo.yaml").read_text()
    ports = {number: str(free_port()) for number in sorted(set(re.findall(r"\b(80\d\d|84\d\d|3000\d)\b", text)))}
    text = re.sub(r"\b(80\d\d|84\d\d|3000\d)\b", lambda found: ports[found[0]], text)
    text = re.sub(r"\b(simulator|0\.0\.0\.0)\b(?=[,:/}])(?!:\n)", "127.0.0.1", text)
    said: dict[str, Any] = yaml.safe_load(text)
    said["mqtt"] = {"host": "127.0.0.1", "port": mqtt_port}
    weather = free_port()
    said["simulator"] |= {"weather": {"host": "127.0.0.1", "http_port": weather}}
    planes = [{"peak_w": 5000, "tilt_deg": 35, "azimuth_deg": 180}]
    said["forecaster"] |= {
        "url": f"http://127.0.0.1:{weather}",
        "sites": {"roof": {"latitude": 48.85, "longitude": 2.35, "planes": planes}},
        "apart": ["garage_battery", "cellar_battery", "water_heater", "pool_pump", "pool_heater", *HEATERS],
    }
    said["relay"]["requests"] = {
        "hall": {"target_c": {"topic": "thermostat/hall/target"}, "current_c": {"topic": "thermostat/hall/current"}}
    }
    said["udp_battery"]["bind_host"] = "127.0.0.1"
    for battery in said["udp_battery"]["batteries"].values():
        battery["local_port"] = 0
    said["planner"] = {}
    said["tempo"]["export"] = {"prices": [{"eur_per_kwh": 0.04}]}
    said["balancer"] = {
        "grid_meter": "p1",
        "order": list(ORDER),
        "devices": {
            "water_heater": {"want": "surplus", "power_w": 2000, "hot_water": {"check_at": "11:10"}},
            "pool_heater": {"want": "surplus"},
            "pool_pump": {"want": "needed", "need_h": 4, "ready_by": "20:00", "power_w": 800},
        },
        "groups": {
            "heaters": {
                "kind": "rotation",
                "members": [{"output": name, "power_w": 300} for name in HEATERS],
                "limit": {"active_by_mode": [1, 0], "budget": {"margin_w": 300}},
            }
        },
    }
    return said


def timed(text: str, service: str, at_s: float, wanted: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Family, its kind, and each wanted line of one scrape with its time, as Prometheus would have labelled it."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in wanted:
                labels = {**sample.labels, "job": "ballast", "instance": service}
                inside = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
                yield family.name, family.type, f"{sample.name}{{{inside}}} {sample.value:.6g} {at_s:.0f}"


def remember(folder: Path) -> None:
    """Three earlier days, which the forecaster had expected a little sunnier than they were."""
    begin_s = quarter(BEGINS_MS / 1000)
    plane = Plane(peak_w=5000, tilt_deg=35, azimuth_deg=180, loss=0.1)
    plant = Plant((Site(48.85, 2.35, (plane,), None),))
    rows = [
        Quarter(at_s, 0.8 * (clear_w := plant.clear_w(at_s)), 350.0 + 100 * (at_s // QUARTER_S % 3), clear_w)
        for at_s in range(begin_s - 3 * 86_400, begin_s, QUARTER_S)
    ]
    told = [
        Told(kind, lead, Expected(row.start_s, 0.7 * value_w, 1.1 * value_w, 1.4 * value_w))
        for row in rows[96:]
        for kind in KINDS
        for lead in LEADS
        if (value_w := row.pv_w if kind == "pv" else row.load_w) is not None
    ]
    with opened(folder / NAME) as disk:
        write(disk, rows, told)


def score_a_day() -> None:
    """The planner reckons after midnight; of a day that is not played a score is made up."""
    for policy, cost_eur in (("actual", 1.12), ("none", 2.31), ("rule", 1.29), ("oracle", 0.96)):
        metrics.SCORE_COST.labels("ems-planner", policy).set(cost_eur)
    for policy, share in (("actual", 0.88), ("rule", 0.76)):
        metrics.SCORE_SHARE.labels("ems-planner", policy).set(share)


@contextlib.contextmanager
def running(name: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """The process of one service, killed with the block."""
    command = [sys.executable, "-m", "services.cli", "run", name]
    process = subprocess.Popen(command, cwd=folder, env={**environment, "PYTHONPATH": str(ROOT)})
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


async def play(folder: Path) -> dict[str, tuple[str, list[str]]]:
    """Run the house; its lines by family."""
    real = SystemClock()
    now_ms = real.wall_ms()
    epoch_ms = round((RATE * now_ms - BEGINS_MS) / (RATE - 1))
    clock, metrics_ports, wanted = SystemClock(RATE, epoch_ms), {}, asked_series()
    found: dict[str, tuple[str, list[str]]] = {}

    def note(lines: Iterator[tuple[str, str, str]]) -> None:
        for family, kind, line in lines:
            found.setdefault(family, (kind, []))[1].append(line)

    score_a_day()
    with start_broker(folder / "broker") as broker, contextlib.ExitStack() as stack:
        said = house(broker.port)
        sections = ("simulator", *(name for name in said if name not in ("mqtt", "site", "data_dir", "simulator")))
        for name in sections:
            metrics_ports[name] = said[name]["metrics_port"] = free_port()
        (folder / "ballast.yaml").write_text(yaml.safe_dump(said))
        (folder / "data").mkdir()
        remember(folder / "data")
        environment = {
            **os.environ,
            "BALLAST_CONFIG": str(folder / "ballast.yaml"),
            "BALLAST_CLOCK_RATE": f"{RATE:g}",
            "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms),
            "BALLAST_LOG_LEVEL": "ERROR",
        }
        for name in sections:
            stack.enter_context(running(name, folder, environment))
        async with guest(broker.settings) as witness:
            while (lived_s := clock.wall_ms() / 1000 - BEGINS_MS / 1000) < LASTS_S:
                await real.sleep(2.0)
                for topic, value in (("target", "20.5"), ("current", f"{18 + lived_s / 3600:.1f}")):
                    await witness.say(f"thermostat/hall/{topic}", value)
                for name in HEATERS:
                    await witness.say(f"ems/balancer/main/set/heat/{name}", "on")
                for name, port in metrics_ports.items():
                    at_s = clock.wall_ms() / 1000
                    with contextlib.suppress(OSError):
                        text = (await asyncio.to_thread(urlopen, f"http://127.0.0.1:{port}/metrics")).read().decode()
                        note(timed(text, name, at_s, wanted))
                score = generate_latest(metrics.REGISTRY).decode()
                note(timed(score, "planner", clock.wall_ms() / 1000, wanted & SCORES))
    return found


def written(found: dict[str, tuple[str, list[str]]]) -> str:
    """As OpenMetrics: each family together, each series in order of time."""
    parts: list[str] = []
    for family, (kind, lines) in sorted(found.items()):
        parts.append(f"# TYPE {family} {kind}")
        parts += sorted(lines, key=lambda line: (line.rsplit(" ", 2)[0], float(line.rsplit(" ", 1)[1])))
    return "\n".join([*parts, "# EOF", ""])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        SAMPLE.write_bytes(gzip.compress(written(asyncio.run(play(Path(name)))).encode(), mtime=0))
    sys.stdout.write(f"{SAMPLE}: {SAMPLE.stat().st_size} bytes\n")

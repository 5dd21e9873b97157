"""Debian's Prometheus and its tool, where they are installed; what dashboards ask, and what was recorded for them."""

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from services.cli.dashboards.boards import BOARDS
from services.cli.ports import free_port
from tests.waiting import until

GRAFANA = Path(__file__).parents[2] / "grafana"
RULES = GRAFANA / "rules.yml"
SAMPLE = Path(__file__).parents[1] / "samples" / "metrics" / "spring_day.om.gz"
"""Three quarters of an hour of a simulated house, by tests/seeing/record.py."""
PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
needs_prometheus = pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed (Debian: prometheus)")
RECORDED: dict[str, str] = {
    rule["record"]: rule["expr"]
    for group in yaml.safe_load(RULES.read_text())["groups"]
    for rule in group["rules"]
    if "record" in rule
}
"""What is reckoned beforehand, by name."""


def promtool(*words: str) -> str:
    """Run it; what it says. Fails with that unless it is content."""
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def plain(expression: str, span: str = "1h") -> str:
    """A query as Prometheus takes it that knows neither Grafana's variables nor what is reckoned beforehand."""
    for name, meant in RECORDED.items():
        expression = expression.replace(name, f"({meant})")
    return expression.replace("$__range", span).replace("$__rate_interval", "5m")


def asked_series() -> frozenset[str]:
    """The names of all series that a dashboard asks for."""
    queries = (query.expression for board in BOARDS for panel in board.panels for query in panel.queries)
    return frozenset(re.findall(r"\bems_\w+", " ".join(map(plain, queries))))


class Past(NamedTuple):
    """A Prometheus that knows the recorded day, and the day's last moment."""

    url: str
    ends_s: float

    def ask(self, expression: str, at_s: float | None = None) -> list[dict[str, Any]]:
        """What a query is worth then, by default at the end."""
        return self._asked("query", query=expression, time=self.ends_s if at_s is None else at_s)

    def follow(self, expression: str, span_s: float) -> list[dict[str, Any]]:
        """What it was worth each minute until the end."""
        return self._asked("query_range", query=expression, start=self.ends_s - span_s, end=self.ends_s, step=60)

    def _asked(self, what: str, **words: object) -> list[dict[str, Any]]:
        with urlopen(f"{self.url}/api/v1/{what}?{urlencode(words)}", timeout=20) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found


@contextmanager
def recorded_day(folder: Path) -> Iterator[Past]:
    """The recorded day, read back by Prometheus's own tool."""
    assert PROMETHEUS is not None
    port, text = free_port(), gzip.decompress(SAMPLE.read_bytes()).decode()
    (folder / "day.om").write_text(text)
    (folder / "prometheus.yml").write_text("global: {}\n")
    promtool("tsdb", "create-blocks-from", "openmetrics", "--quiet", str(folder / "day.om"), str(folder / "series"))
    command = [PROMETHEUS, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/series"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y", "--log.level=error"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _is_ready(url), "Prometheus answers", 30)
        yield Past(url, max(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")))
    finally:
        process.kill()
        process.wait(10)


def _is_ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False

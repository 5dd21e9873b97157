"""Debian's Prometheus and its tool, where they are installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

GRAFANA = Path(__file__).parents[2] / "grafana"
RULES = GRAFANA / "rules.yml"
PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
needs_prometheus = pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed (Debian: prometheus)")


def promtool(*words: str) -> str:
    """Run it; what it says. Fails with that unless it is content."""
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

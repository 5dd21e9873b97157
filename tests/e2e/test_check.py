"""`ballast check` against the broker we ship: whom it lets in, and whom it refuses."""

from pathlib import Path

import pytest

from common.clock import Clock
from common.config import load
from services.cli.check import _try
from services.cli.registry import sections
from tests.brokers import Broker

pytestmark = pytest.mark.e2e


async def test_a_wrong_password_is_refused_and_told(guarded: Broker, clock: Clock, tmp_path: Path) -> None:
    assert guarded.password_dir is not None
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ems-p1").write_text("wrong")
    right = (guarded.password_dir / "ems-balancer").read_text()
    (tmp_path / "secrets" / "ems-balancer").write_text(right)
    file = tmp_path / "ballast.yaml"
    file.write_text(
        f"mqtt: {{host: 127.0.0.1, port: {guarded.port}, password_dir: secrets}}\n"
        "p1: {host: 127.0.0.1, http_port: 1}\nbalancer: {order: []}\n"
    )
    found = {finding.device: finding for finding in await _try(load(file, sections(), {}), clock, blink=False)}
    assert found["broker as ems-balancer"].is_well
    refused = found["broker as ems-p1"]
    assert not refused.is_well
    assert "refuses it: " in refused.text
    assert "ot authorized" in refused.text or "ad user name" in refused.text

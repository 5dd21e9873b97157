"""Memory and start-up: PSS of the demonstration's services as processes and as one, import time of every service, and
time to the first command."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from common.clock import SystemClock
from common.config import load
from common.contract import COMMAND
from common.homewizard.pair import pair
from services.cli.registry import DEPLOYED, sections
from services.cli.stage import set_stage
from services.cli.troupe import Troupe
from services.cli.watch import guest

SETTLE_S = 20.0
"""Memory is read after the services have worked for so long."""
IMPORTS = 7
REAL = SystemClock()


def figures() -> dict[str, object]:
    """All of it."""
    apart_mb, first_s = asyncio.run(_apart())
    return {
        "pss_mb_as_processes": {**apart_mb, "sum": _total(apart_mb)},
        "pss_mb_as_run_all": asyncio.run(_together()),
        "restart_to_first_command_s": first_s,
        "import_ms": {name: _import_ms(f"services.{name}.__main__") for name in DEPLOYED},
        "import_ms_of_the_libraries_alone": _import_ms(
            "asyncio, ssl, pydantic, aiomqtt, orjson, prometheus_client, tenacity, yaml"
        ),
    }


async def _apart() -> tuple[dict[str, float | None], float | None]:
    with TemporaryDirectory() as name:
        stage = set_stage(Path(name))
        troupe = Troupe(stage.folder, {**os.environ, "BALLAST_CONFIG": str(stage.config)}, REAL)
        try:
            await _house(stage.folder, troupe, stage.broker_command, stage.metrics_ports)
            names = [name for name in stage.metrics_ports if name in DEPLOYED]
            for service in names:
                await troupe.start_service(service)
            await REAL.sleep(SETTLE_S)
            troupe.check_all()
            memory = {service: pss_mb(troupe.pid(service)) for service in names}
            return memory, await _first_command_s(stage.config, troupe)
        finally:
            await troupe.end()


async def _together() -> float | None:
    with TemporaryDirectory() as name:
        stage = set_stage(Path(name))
        troupe = Troupe(stage.folder, {**os.environ, "BALLAST_CONFIG": str(stage.config)}, REAL)
        try:
            await _house(stage.folder, troupe, stage.broker_command, stage.metrics_ports)
            await troupe.start("all", [sys.executable, "-m", "services.cli", "run", "all"])
            await REAL.sleep(SETTLE_S)
            troupe.check_all()
            return pss_mb(troupe.pid("all"))
        finally:
            await troupe.end()


async def _house(folder: Path, troupe: Troupe, broker: list[str], ports: Mapping[str, int]) -> None:
    await troupe.start("broker", broker)
    await troupe.start_service("simulator")
    await troupe.healthy({"simulator": ports["simulator"]})
    loaded = load(folder / "ballast.yaml", sections(), {})
    port = getattr(loaded.sections["p1"], "https_port", 443)
    await pair("127.0.0.1", "p1", loaded.data_dir, REAL, lambda progress: None, port=port)


async def _first_command_s(config: Path, troupe: Troupe) -> float | None:
    """The balancer is killed and started again while readings are fresh: seconds until its first command."""
    loaded = load(config, sections(), {})
    async with guest(loaded.mqtt, REAL) as bus:
        inbox = await bus.listen(COMMAND)
        await bus.ready.wait()
        await troupe.kill("balancer")
        while inbox.take() is not None:
            continue
        began_s = REAL.monotonic()
        await troupe.start_service("balancer")
        async with REAL.timeout(30):
            await inbox.next()
        return round(REAL.monotonic() - began_s, 2)


def pss_mb(pid: int) -> float | None:
    """Proportional memory of a process in MB; None where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    return round(next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024, 1)


def _import_ms(modules: str) -> float:
    """Median time in which a fresh interpreter imports something, its own start taken off; bytecode written before."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    code = f"import time; t = time.perf_counter(); import {modules}; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    runs = [subprocess.run(command, env=environment, capture_output=True, check=True) for _ in range(IMPORTS + 1)]
    return round(median(float(run.stdout) for run in runs[1:]) * 1000, 1)


def _total(memory: Mapping[str, float | None]) -> float | None:
    known = [mb for mb in memory.values() if mb is not None]
    return round(sum(known), 1) if len(known) == len(memory) else None

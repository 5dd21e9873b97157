"""From a meter message at the broker to the command at the broker, beside a bare echo on the same broker.

The shipping balancer is a process of its own. This process plays a meter of five readings a second and a battery in a
house whose load jumps now and then, in real time.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from common.bus import MqttBus
from common.clock import SystemClock
from common.config import MqttSettings
from common.contract import COMMAND, Command, decode
from common.link import client
from common.store import Store
from services.cli import echo
from services.cli.statistics import quantile
from services.simulator.physics import Battery, BatteryModel
from tests.bench.experiments import ENDLESS_WH, house, random_steps, stepping
from tests.bench.rig import IdealBridge, MeterModel
from tests.brokers import Broker, start_broker

SECONDS = 240.0
WARM_UP_S = 15.0
PERIOD_S = 0.2
STEPS_PER_H, STEP_W, APART_S = 1200.0, 1500.0, 2.0
QUICK = BatteryModel(capacity_wh=ENDLESS_WH, dead_time_s=0.1, ramp_w_per_s=5000, standby_w=0)
TOLD = (QUICK.dead_time_s, QUICK.ramp_w_per_s)
BALLAST = """\
mqtt: {{host: 127.0.0.1, port: {port}, protocol: {protocol}}}
data_dir: {folder}
balancer: {{grid_meter: p1, order: [fast]}}
"""
REAL = SystemClock()


def figures() -> dict[str, object]:
    """Latencies in ms."""
    with TemporaryDirectory() as name, start_broker(Path(name) / "broker") as broker:
        folder, heard = Path(name), Heard()
        asked = [sys.executable, "-m", "services.cli.echo", str(broker.port), broker.speaks]
        with _process(asked), _balancer(folder, broker):
            asyncio.run(_play(broker.settings, folder, heard))
    ours_ms, echo_ms = quantiles(heard.ours_ms), quantiles(heard.echo_ms)
    return {
        "meter_to_cmd_ms": ours_ms,
        "echo_ms": echo_ms,
        "p50_ratio": round((ours_ms["p50"] or 0) / (echo_ms["p50"] or 1), 2),
        "samples": len(heard.ours_ms),
    }


def quantiles(values: list[float]) -> dict[str, float | None]:
    """The middle, the edge and the worst."""
    return {"p50": quantile(values, 0.5), "p99": quantile(values, 0.99), "worst": quantile(values, 1.0)}


@contextmanager
def _process(command: list[str], **environment: str) -> Iterator[None]:
    process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _balancer(folder: Path, broker: Broker) -> Iterator[None]:
    config = folder / "ballast.yaml"
    config.write_text(BALLAST.format(port=broker.port, protocol=broker.speaks, folder=folder / "data"))
    with _process([sys.executable, "-m", "services.cli", "run", "balancer"], BALLAST_CONFIG=str(config)):
        yield


@dataclass
class Heard:
    """When readings left and what the commands that followed them took. A renewal follows no reading."""

    ours_ms: list[float] = field(default_factory=list)
    echo_ms: list[float] = field(default_factory=list)
    _said_s: float = 0.0
    _power_w: float | None = None

    def said(self, name: str, *_: object) -> None:
        """We are about to publish something."""
        if name == "meter/p1/state":
            self._said_s = REAL.monotonic()

    def command(self, command: Command) -> None:
        """A command has arrived here."""
        renewed, self._power_w = command.power_w == self._power_w, command.power_w
        if not renewed:
            self.ours_ms.append((REAL.monotonic() - self._said_s) * 1000)


async def _play(settings: MqttSettings, folder: Path, heard: Heard) -> None:
    steps = random_steps(1, SECONDS / 3600, STEPS_PER_H, STEP_W, APART_S)
    played = house(stepping(steps), {"fast": Battery(QUICK, 50)}, 1)
    with Store(folder / "bench.sqlite", REAL, "bench") as store:
        async with (
            MqttBus(settings, "ems-p1", "bench", REAL) as meter_bus,
            MqttBus(settings, "ems-ideal", "bench", REAL) as battery_bus,
            asyncio.TaskGroup() as tasks,
        ):
            meter_bus.observer = heard.said
            model = MeterModel(period_s=PERIOD_S, late_s=(0.01, 0.03))
            works = (
                model.run(played, meter_bus),
                IdealBridge(name="fast", told=TOLD).run(played, battery_bus, store),
                _listen(settings, heard),
                echo.measure(settings, REAL, heard.echo_ms.append),
            )
            running = [tasks.create_task(work) for work in works]
            await REAL.sleep(WARM_UP_S)
            heard.ours_ms.clear()
            heard.echo_ms.clear()
            await REAL.sleep(SECONDS - WARM_UP_S)
            for task in running:
                task.cancel()


async def _listen(settings: MqttSettings, heard: Heard) -> None:
    async with client(settings, "bench", "bench") as connected:
        await connected.subscribe(f"{settings.base}/{COMMAND.at('battery', 'fast').name}", qos=1)
        async for message in connected.messages:
            heard.command(decode(COMMAND, bytes(message.payload))[1])

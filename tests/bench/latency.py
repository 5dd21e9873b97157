"""From a meter message at the broker to the command at the broker, beside a bare echo on the same broker.

A balancer of its own process; a house of one meter and one battery played by this process: the load climbs at each
reading, so that each reading leads to an order.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiomqtt
import orjson

from common.bus import client
from common.clock import SystemClock
from common.config import MqttSettings
from common.contract import Command
from services.cli.statistics import quantile
from tests.brokers import Broker, start_broker

SAMPLES = 200
PERIOD_S = 0.2
SEEN_S = 0.5
"""After an order the meter has seen all of it."""
CLIMB_W = 400.0
BALLAST = """\
mqtt: {{host: 127.0.0.1, port: {port}, protocol: {protocol}}}
data_dir: {folder}
balancer: {{grid_meter: p1, order: [battery]}}
"""
REAL = SystemClock()


def figures() -> dict[str, object]:
    """Latencies in ms."""
    with TemporaryDirectory() as name, start_broker(Path(name) / "broker") as broker:
        folder = Path(name)
        with (
            _process([sys.executable, "-m", "services.cli.echo", str(broker.port), broker.speaks]),
            _balancer(folder, broker),
        ):
            ours_ms, echo_ms = asyncio.run(_measure(broker.settings))
    return {
        "meter_to_cmd_ms": {"p50": quantile(ours_ms, 0.5), "p99": quantile(ours_ms, 0.99)},
        "echo_ms": {"p50": quantile(echo_ms, 0.5), "p99": quantile(echo_ms, 0.99)},
        "p50_ratio": round((quantile(ours_ms, 0.5) or 0) / (quantile(echo_ms, 0.5) or 1), 2),
        "samples": len(ours_ms),
    }


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


async def _measure(settings: MqttSettings) -> tuple[list[float], list[float]]:
    ours_ms: list[float] = []
    echo_ms: list[float] = []
    async with client(settings, "bench", "bench") as connected, _Heard(connected) as heard:
        player = Player(connected, heard)
        await player.introduce()
        for _ in range(SAMPLES):
            took_s = await player.climb()
            if took_s is not None:
                ours_ms.append(took_s * 1000)
            await REAL.sleep(SEEN_S)
            await player.rest()
            echo_ms.append(await player.echo() * 1000)
            await REAL.sleep(PERIOD_S)
    return ours_ms, echo_ms


class _Heard:
    """The newest command and echo, with the instant of arrival."""

    def __init__(self, connected: aiomqtt.Client) -> None:
        self._connected = connected
        self.command: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self.echo: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def __aenter__(self) -> "_Heard":
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self._connected.messages:
            queue = self.echo if message.topic.value.startswith("ems-echo") else self.command
            queue.put_nowait((REAL.monotonic(), bytes(message.payload)))


class Player:
    """The meter and the battery."""

    def __init__(self, connected: aiomqtt.Client, heard: _Heard) -> None:
        self._connected = connected
        self._heard = heard
        self._number = 0
        self._battery_w = 0.0

    async def introduce(self) -> None:
        """Say what there is."""
        for topic in ("ems/battery/battery/cmd", "ems-echo/answer"):
            await self._connected.subscribe(topic, qos=1)
        meter = {"vendor": "bench", "model": "meter", "poll_s": PERIOD_S, "stale_after_s": 10.0, "capabilities": []}
        battery = {
            **meter,
            "capabilities": ["power"],
            "min_w": -100_000.0,
            "max_w": 100_000.0,
            "dead_time_s": 0.0,
            "ramp_w_per_s": 1e6,
            "refresh_s": 0.0,
        }
        await self._say("meter/p1/info", meter, retain=True)
        await self._say("battery/battery/info", battery, retain=True)
        await REAL.sleep(3.0)
        await self.rest()

    async def climb(self) -> float | None:
        """The load climbs. Returns the seconds from the reading that shows it to the command; None without one."""
        began_s = REAL.monotonic()
        await self._say("meter/p1/state", {"power_w": CLIMB_W})
        try:
            async with REAL.timeout(1.0):
                at_s, payload = await self._heard.command.get()
        except TimeoutError:
            return None
        command = Command.model_validate_json(payload)
        self._battery_w = command.power_w or 0.0
        await self._say("battery/battery/ack", {"cmd_id": command.cmd_id, "epoch": command.epoch, "outcome": "applied"})
        return at_s - began_s

    async def rest(self) -> None:
        """The battery has followed, and the grid is at zero."""
        await self._say("battery/battery/state", {"power_w": self._battery_w, "soc_pct": 50.0})
        await self._say("meter/p1/state", {"power_w": 0.0})
        await REAL.sleep(PERIOD_S)
        while not self._heard.command.empty():  # a renewal
            self._heard.command.get_nowait()

    async def echo(self) -> float:
        """Ask the bare client. Returns the seconds until its answer."""
        began_s = REAL.monotonic()
        await self._connected.publish("ems-echo/ask", b'{"power_w": -812.0}', qos=1)
        at_s, _ = await self._heard.echo.get()
        return at_s - began_s

    async def _say(self, topic: str, body: dict[str, object], *, retain: bool = False) -> None:
        self._number += 1
        envelope = {"v": 1, "ts_ms": REAL.wall_ms(), "seq": self._number, "boot": "bench", "src": "ems-bench"}
        payload = orjson.dumps({**envelope, **body})
        await self._connected.publish(f"ems/{topic}", payload, qos=1, retain=retain)

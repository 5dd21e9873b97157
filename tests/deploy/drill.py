"""The demonstration in real containers: brought up, its processes killed from inside, ended, brought up again.

`make containers` runs it with unchanged files and prints one JSON object; it needs a Docker engine and a minute or
five. It has a project of its own, so that a house on the same machine goes on undisturbed.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import aiomqtt
import orjson

from common.clock import SystemClock
from common.config import MqttSettings
from common.link import client
from services.cli.ports import free_port
from tests.deploy.papers import ROOT

PROJECT = "ballast-drill"
VICTIMS = ("demo-p1", "demo-udp_battery", "demo-balancer", "demo-broker", "simulator")
CALM_W = 50.0
CALM_READINGS = 3
LIMIT_S = 90.0
LOOK_S = 0.2


@dataclass
class Bus:
    """What is heard of the house, from outside the containers. Times are seconds of the machine."""

    settings: MqttSettings
    clock: SystemClock
    grid_w: list[tuple[float, float]] = field(default_factory=list)
    applied_s: float = 0.0

    async def listen(self) -> None:
        """For ever, across restarts of the broker."""
        while True:
            try:
                async with client(self.settings, "viewer", f"drill-{self.clock.monotonic():.0f}") as connected:
                    await connected.subscribe([("ems/meter/p1/state", 0), ("ems/battery/+/ack", 0)])
                    async for message in connected.messages:
                        self._take(message.topic.value, bytes(message.payload), bool(message.retain))
            except (aiomqtt.MqttError, OSError):  # the broker is being killed, on purpose
                await self.clock.sleep(0.5)

    def _take(self, topic: str, payload: bytes, is_retained: bool) -> None:
        said = orjson.loads(payload)
        if topic.endswith("/state") and not is_retained:
            self.grid_w.append((self.clock.monotonic(), said["power_w"]))
        elif said.get("outcome") == "applied":
            self.applied_s = self.clock.monotonic()

    def is_balanced_since(self, began_s: float) -> bool:
        """Whether three readings in a row since then were near zero."""
        calm = [abs(power_w) <= CALM_W for at_s, power_w in self.grid_w if at_s > began_s]
        return any(all(calm[n : n + CALM_READINGS]) for n in range(len(calm) - CALM_READINGS + 1))


@dataclass
class Drill:
    """One run."""

    environment: dict[str, str]
    clock: SystemClock = field(default_factory=SystemClock)

    def docker(self, *words: str, check: bool = True) -> str:
        """Run docker. Raises CalledProcessError, unless it is not to be checked."""
        done = subprocess.run(
            ["docker", *words], cwd=ROOT, env=self.environment, capture_output=True, check=check, text=True
        )
        return done.stdout.strip()

    def compose(self, *words: str, check: bool = True) -> str:
        """Run docker compose on the demonstration."""
        return self.docker("compose", "-p", PROJECT, "--profile", "demo", *words, check=check)

    def up_s(self) -> float:
        """Bring it up. Returns how long that took until all were healthy."""
        began_s = self.clock.monotonic()
        self.compose("up", "-d", "--wait")
        return round(self.clock.monotonic() - began_s, 1)

    def state(self, name: str) -> tuple[int, str]:
        """How often it was restarted, and its health."""
        container = self.compose("ps", "-aq", name)
        told = json.loads(self.docker("inspect", container))[0]
        return told["RestartCount"], told["State"].get("Health", {}).get("Status", "")

    async def kill(self, name: str, bus: Bus) -> dict[str, float | None]:
        """Kill every process in a container, from inside. Returns after how many seconds what was well again."""
        before, _ = self.state(name)
        began_s = self.clock.monotonic()
        await asyncio.to_thread(self.compose, "exec", "-T", name, "sh", "-c", "kill -9 -1", check=False)
        back_s = await self.after(began_s, lambda: self.state(name)[0] > before)
        since_s = self.clock.monotonic()
        wanted: dict[str, Callable[[], bool]] = {
            "balanced_s": lambda: bus.is_balanced_since(since_s),
            "ordered_s": lambda: bus.applied_s > since_s,
            "healthy_s": lambda: self.state(name)[1] == "healthy",
        }
        found = await asyncio.gather(*(self.after(began_s, holds) for holds in wanted.values()))
        return {"back_s": back_s, **dict(zip(wanted, found, strict=True))}

    async def after(self, began_s: float, holds: Callable[[], bool]) -> float | None:
        """How long after `began_s` it held; None if it did not in time."""
        while self.clock.monotonic() - began_s < LIMIT_S:
            if await asyncio.to_thread(holds):
                return round(self.clock.monotonic() - began_s, 1)
            await self.clock.sleep(LOOK_S)
        return None

    def identity(self) -> str:
        """What the balancer remembers of itself."""
        asked = "import sqlite3; print(sqlite3.connect('/ballast/data/balancer.sqlite').execute("
        asked += "\"SELECT value FROM memory WHERE key = 'instance'\").fetchall())"
        return self.compose("exec", "-T", "demo-balancer", "python", "-c", asked)

    def memory(self) -> dict[str, str]:
        """What each container uses."""
        names = self.docker("ps", "--filter", f"name={PROJECT}", "--format", "{{.Names}}").split()
        lines = self.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *names).splitlines()
        return {line.split(" ")[0]: line.split(" ")[1] for line in lines}


async def run() -> dict[str, object]:
    """Everything. Returns the figures."""
    port = free_port()
    drill = Drill({**os.environ, "BALLAST_DEMO_MQTT_PORT": str(port)})
    figures: dict[str, object] = {}
    try:
        drill.compose("build", "-q")
        figures["up_s"] = drill.up_s()
        with TemporaryDirectory() as folder:
            viewer = drill.compose("exec", "-T", "demo-p1", "cat", "/ballast/secrets/viewer")
            (Path(folder) / "viewer").write_text(viewer)
            bus = Bus(MqttSettings(host="127.0.0.1", port=port, password_dir=Path(folder)), drill.clock)
            listening = asyncio.create_task(bus.listen())
            await drill.after(drill.clock.monotonic(), lambda: bus.is_balanced_since(0.0))
            figures["killed"] = {name: await drill.kill(name, bus) for name in VICTIMS}
            listening.cancel()
        figures["memory"] = drill.memory()
        known = drill.identity()
        drill.compose("down")
        figures["up_again_s"] = drill.up_s()
        figures["remembers"] = drill.identity() == known
    finally:
        drill.compose("down", "-v")
    return figures


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(asyncio.run(run()), option=orjson.OPT_INDENT_2).decode() + "\n")

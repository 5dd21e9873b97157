"""`ballast demo`: a broker, a simulated house, all services, and a live view; Ctrl-C ends it clean."""

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from common import log
from common.clock import Clock, SystemClock
from common.config import Loaded, load
from common.contract import BALANCER_STATE, COMMAND, METER_STATE, Ack, decode
from common.errors import MessageRejected
from common.homewizard.pair import Progress, pair
from common.messaging import Received
from common.service import until_stopped
from services.cli import echo
from services.cli.configured import Unusable, complain, say
from services.cli.journal_tail import follow
from services.cli.judge import Judge
from services.cli.registry import sections
from services.cli.stage import Stage, set_stage
from services.cli.statistics import Sample, Settling, Traffic
from services.cli.troupe import Troupe
from services.cli.watch import Watcher, guest

SPEEDS = (1, 60)
DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|min|h)?")
SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def duration(text: str) -> float:
    """`60s`, `5m`, `1h` in seconds."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 60s, 5m or 1h")
    return float(match[1]) * SECONDS[match[2]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast demo`."""
    parser.add_argument(
        "--for", dest="seconds", type=duration, metavar="60s", help="end after this time (default: Ctrl-C)"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="let time run N times faster, up to 60")
    parser.add_argument("--json", action="store_true", help="no picture; one JSON object as the last line")
    parser.add_argument("--keep", action="store_true", help="keep the folder with configuration, data and logs")


def run(options: argparse.Namespace) -> int:
    """Play it. Returns 1 if a promise was broken."""
    if not SPEEDS[0] <= options.speed <= SPEEDS[1]:
        raise Unusable(f"--speed {options.speed:g} is not from {SPEEDS[0]} to {SPEEDS[1]}", 2)
    log.set_up("text", "ERROR")
    folder = Path(tempfile.mkdtemp(prefix="ballast-demo-"))
    try:
        show = Show(set_stage(folder), options.speed, options.seconds, quiet=options.json)
        asyncio.run(until_stopped(show.play()))
        return show.close(as_json=options.json)
    finally:
        if options.keep:
            complain(f"The demonstration's files are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Show:
    """One demonstration."""

    stage: Stage
    speed: float
    seconds: float | None
    quiet: bool
    judge: Judge = field(default_factory=Judge)
    settling: Settling = field(default_factory=Settling)
    traffic: Traffic = field(default_factory=Traffic)
    statuses: dict[str, str] = field(default_factory=dict)
    rss_mb: dict[str, float | None] = field(default_factory=dict)
    played_s: float = 0.0
    trouble: str | None = None

    def __post_init__(self) -> None:
        epoch_ms = SystemClock().wall_ms()
        self._clock: Clock = SystemClock(self.speed, epoch_ms)
        self._environment = {
            **os.environ,
            "BALLAST_CONFIG": str(self.stage.config),
            "BALLAST_CLOCK_RATE": f"{self.speed:g}",
            "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms),
            "BALLAST_METRICS_PORT": "",
        }

    async def play(self) -> None:
        """Set up, run for the time asked, end every process."""
        loaded = load(self.stage.config, sections(), {})
        real = SystemClock()
        troupe = Troupe(self.stage.folder, self._environment, real)
        try:
            await self._begin(troupe, loaded)
            await self._run(troupe, loaded, real)
        except Unusable as unusable:
            self.trouble = str(unusable)
        finally:
            self._tell("Ending …")
            await troupe.end()

    def close(self, *, as_json: bool) -> int:
        """Print the result. Returns the exit status."""
        summary = self.summary()
        if as_json:
            say(orjson.dumps(summary).decode())
        for violation in self.judge.violations:
            complain(f"a promise was broken: {violation}")
        if self.trouble:
            complain(self.trouble)
        return 0 if summary["ok"] else 1

    def summary(self) -> dict[str, object]:
        """What the run amounts to."""
        well = bool(self.statuses) and set(self.statuses.values()) == {"healthy"}
        return {
            "ok": well and not self.judge.violations and self.trouble is None,
            "duration_s": round(self.played_s, 1),
            "services": self.statuses,
            **{name: value for name, value in self.traffic.figures().items() if name != "latency_ms"},
            "violations": self.judge.violations,
            **self.settling.figures(),
            "latency_ms": self.traffic.figures()["latency_ms"],
            "rss_mb": self.rss_mb,
        }

    async def _begin(self, troupe: Troupe, loaded: Loaded) -> None:
        self._tell(f"Starting {self.stage.broker_name} on 127.0.0.1:{self.stage.mqtt_port} and a simulated house …")
        await troupe.start("broker", self.stage.broker_command)
        await troupe.start_service("simulator")
        await troupe.healthy({"simulator": self.stage.metrics_ports["simulator"]})
        self._tell("Pairing with its P1 meter, then starting the services …")
        meter = loaded.sections["p1"]
        await pair(
            "127.0.0.1", "p1", loaded.data_dir, SystemClock(), self._pairing, port=getattr(meter, "https_port", 443)
        )
        for name in ("p1", "udp_battery", "balancer"):
            await troupe.start_service(name)
        protocol = str(loaded.mqtt.protocol)
        await troupe.start("echo", [sys.executable, "-m", "services.cli.echo", str(self.stage.mqtt_port), protocol])
        self.statuses = await troupe.healthy(self.stage.metrics_ports)

    def _pairing(self, progress: Progress) -> None:
        if progress.step == "paired":
            self._tell(progress.text)

    async def _run(self, troupe: Troupe, loaded: Loaded, real: Clock) -> None:
        began_s = real.monotonic()
        async with guest(loaded.mqtt, self._clock) as bus, asyncio.TaskGroup() as tasks:
            watcher = Watcher(bus, self.judge.heard, self._count)
            chores = [
                tasks.create_task(work)
                for work in (
                    watcher.run(),
                    follow(self.stage.journal, self._clock, self._did),
                    echo.measure(loaded.mqtt, real, self.traffic.echo_ms.append),
                    self._look(watcher, troupe, real),
                )
            ]
            try:
                if self.seconds is None:
                    await asyncio.Event().wait()
                await real.sleep(self.seconds or 0.0)
            finally:
                self.played_s = real.monotonic() - began_s
                self.rss_mb = troupe.rss_mb()
                for chore in chores:
                    chore.cancel()
        self.statuses = await troupe.healthy(self.stage.metrics_ports)

    async def _look(self, watcher: Watcher, troupe: Troupe, real: Clock) -> None:
        """Judge what lasts, see that nobody has died, and draw."""
        if self.quiet:
            async for _ in real.every(1.0):
                self._look_once(troupe)
        else:
            await self._draw(watcher, troupe, real)

    def _look_once(self, troupe: Troupe) -> None:
        self.judge.passed(self._clock.monotonic())
        for name in self.stage.metrics_ports:
            troupe.check(name)

    async def _draw(self, watcher: Watcher, troupe: Troupe, real: Clock) -> None:
        from rich.console import Console  # noqa: PLC0415  # an extra that only the picture needs
        from rich.live import Live  # noqa: PLC0415

        from services.cli.view import draw  # noqa: PLC0415

        console = Console()
        title = f"Ballast · a simulated spring day · MQTT 127.0.0.1:{self.stage.mqtt_port} · Ctrl-C ends"
        with Live(console=console, screen=True, auto_refresh=False) as live:
            async for _ in real.every(0.5):
                self._look_once(troupe)
                live.update(draw(watcher.scene, self._clock.wall_ms(), title, console.width), refresh=True)

    def _did(self, line: Mapping[str, object]) -> None:
        """One line of the journal."""
        if line.get("what") == "house":
            figures = [line.get(name) for name in ("at_s", "load_w", "grid_w")]
            at_s, load_w, grid_w = (float(value) if isinstance(value, float | int) else 0.0 for value in figures)
            self.settling.take(Sample(at_s, load_w, grid_w))
        else:
            self.judge.did(str(line.get("device")), line)

    def _count(self, received: Received) -> None:
        """Counts and latencies, out of the stream of messages."""
        if received.retained:
            return
        self.traffic.messages += 1
        real_s = received.arrived_s / self.speed
        try:
            if METER_STATE.matches(received.topic):
                envelope, _ = decode(METER_STATE, received.payload)
                self.traffic.reading(envelope.ts_ms if envelope else 0, real_s)
            elif COMMAND.matches(received.topic):
                _, command = decode(COMMAND, received.payload)
                self.traffic.command(command.issued_at_ms, real_s)
            elif received.topic.endswith("/ack"):
                self.traffic.acks[Ack.model_validate_json(received.payload).outcome] += 1
            self.traffic.decisions += BALANCER_STATE.matches(received.topic)
        except (MessageRejected, ValueError):
            return

    def _tell(self, text: str) -> None:
        if not self.quiet:
            say(text)

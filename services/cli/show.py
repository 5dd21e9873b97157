"""One demonstration: who comes on in which order, for how long, and what it amounted to."""

import asyncio
import os
import sys
from dataclasses import dataclass, field

import orjson

from common.clock import Clock, SystemClock
from common.config import Loaded, load
from common.errors import DeviceError
from common.homewizard.pair import Progress, pair
from common.watcher import Watcher
from services.cli import echo
from services.cli.configured import Unusable, complain, say
from services.cli.journal_tail import follow
from services.cli.registry import sections
from services.cli.stage import Stage
from services.cli.tally import Tally
from services.cli.troupe import Troupe
from services.cli.watch import each, guest


@dataclass
class Show:
    """One demonstration."""

    stage: Stage
    speed: float
    seconds: float | None
    quiet: bool
    tally: Tally = field(init=False)
    statuses: dict[str, str] = field(default_factory=dict)
    rss_mb: dict[str, float | None] = field(default_factory=dict)
    played_s: float = 0.0
    trouble: str | None = None

    def __post_init__(self) -> None:
        epoch_ms = SystemClock().wall_ms()
        self._clock: Clock = SystemClock(self.speed, epoch_ms)
        self.tally = Tally(self.speed)
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
        except* (Unusable, DeviceError) as troubles:
            self.trouble = str(troubles.exceptions[0])
        finally:
            self._tell("Ending …")
            await troupe.end()

    def close(self, *, as_json: bool) -> int:
        """Print the result. Returns the exit status."""
        summary = self.summary()
        if as_json:
            say(orjson.dumps(summary).decode())
        for violation in self.tally.judge.violations:
            complain(f"a promise was broken: {violation}")
        if self.trouble:
            complain(self.trouble)
        return 0 if summary["ok"] else 1

    def summary(self) -> dict[str, object]:
        """What the run amounts to."""
        well = bool(self.statuses) and set(self.statuses.values()) == {"healthy"}
        return {
            "ok": well and not self.tally.judge.violations and self.trouble is None,
            "duration_s": round(self.played_s, 1),
            "services": self.statuses,
            **self.tally.figures(),
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
        if not self.quiet:
            await troupe.start_service("web")
        self.statuses = await troupe.healthy(self.stage.metrics_ports)

    def _pairing(self, progress: Progress) -> None:
        if progress.step == "paired":
            self._tell(progress.text)

    async def _run(self, troupe: Troupe, loaded: Loaded, real: Clock) -> None:
        began_s = real.monotonic()
        async with guest(loaded.mqtt, self._clock) as bus, asyncio.TaskGroup() as tasks:
            watcher = Watcher(bus, self.tally.heard, lane=each())
            chores = [
                tasks.create_task(work)
                for work in (
                    watcher.run(),
                    follow(self.stage.journal, self._clock, self.tally.did),
                    echo.measure(loaded.mqtt, real, self.tally.traffic.echo_ms.append),
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
        self.tally.judge.passed(self._clock.monotonic())
        troupe.check_all()

    async def _draw(self, watcher: Watcher, troupe: Troupe, real: Clock) -> None:
        from rich.console import Console  # noqa: PLC0415  # an extra that only the picture needs
        from rich.live import Live  # noqa: PLC0415

        from services.cli.view import draw  # noqa: PLC0415

        console = Console()
        title = f"Ballast · http://127.0.0.1:{self.stage.web_port} · MQTT port {self.stage.mqtt_port} · Ctrl-C ends"
        with Live(console=console, screen=True, auto_refresh=False) as live:
            async for _ in real.every(0.5):
                self._look_once(troupe)
                live.update(draw(watcher.scene, self._clock.wall_ms(), title, console.width), refresh=True)

    def _tell(self, text: str) -> None:
        if not self.quiet:
            say(text)

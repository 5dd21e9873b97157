"""kill -9 at any moment: a whole house of processes on scaled time, one victim after the other, and a judge.

`python -m tests.faults.kills 50` kills fifty times and prints one JSON object; the suite runs a slice of it.
"""

import asyncio
import os
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from common.clock import Clock, SystemClock
from common.config import load
from common.contract import ACK, decode
from common.homewizard.pair import pair
from common.messaging import Received
from common.watcher import Watcher
from services.cli.configured import Unusable
from services.cli.journal_tail import follow
from services.cli.judge import Judge
from services.cli.registry import sections
from services.cli.stage import Stage, set_stage
from services.cli.statistics import quantile
from services.cli.troupe import Troupe
from services.cli.watch import each, guest

BATTERIES = ("garage_battery", "cellar_battery")
VICTIMS = ("balancer", "udp_battery", "broker", "p1")
CALM_S = (3.0, 20.0)
"""Between two kills."""
AWAY_S = (0.2, 10.0)
"""Until the victim is started again."""
BACK_S = {"balancer": 60.0, "udp_battery": 60.0, "broker": 60.0, "p1": 60.0}
"""Control is back over a link that loses 30 % within this time of the restart."""
LOOK_S = 0.1


@dataclass
class Kill:
    """One kill and what came of it. Times are seconds of the house."""

    victim: str
    away_s: float
    back_s: float | None = None
    """From the restart until both batteries carry out fresh orders; None if they did not in time."""


@dataclass
class Drill:
    """A house, killed again and again."""

    stage: Stage
    seed: int
    rate: float
    judge: Judge = field(default_factory=Judge)
    kills: list[Kill] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)
    """What ended by itself, with the end of its log. Nothing should."""
    _applied_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        epoch_ms = SystemClock().wall_ms()
        self.clock: Clock = SystemClock(self.rate, epoch_ms)
        environment = {
            **os.environ,
            "BALLAST_CONFIG": str(self.stage.config),
            "BALLAST_CLOCK_RATE": f"{self.rate:g}",
            "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms),
        }
        self.troupe = Troupe(self.stage.folder, environment, SystemClock())

    async def run(self, count: int) -> None:
        """Start the house, kill `count` times, end it."""
        loaded = load(self.stage.config, sections(), {})
        real = SystemClock()
        try:
            await self._start()
            async with guest(loaded.mqtt, self.clock) as bus, asyncio.TaskGroup() as tasks:
                watcher = Watcher(bus, self.judge.heard, self._hear, lane=each())
                works = (watcher.run(), follow(self.stage.journal, self.clock, self._did), self._judge_time())
                chores = [tasks.create_task(work) for work in works]
                await self._until(lambda: len(self._applied_s) == len(BATTERIES), 120)
                chance = random.Random(self.seed)
                for number in range(count):
                    await self._kill(chance, VICTIMS[number % len(VICTIMS)])
                await real.sleep(1)
                for chore in chores:
                    chore.cancel()
        finally:
            await self.troupe.end()

    async def _start(self) -> None:
        await self.troupe.start("broker", self.stage.broker_command)
        await self.troupe.start_service("simulator")
        await self.troupe.healthy({"simulator": self.stage.metrics_ports["simulator"]})
        loaded = load(self.stage.config, sections(), {})
        port = getattr(loaded.sections["p1"], "https_port", 443)
        await pair("127.0.0.1", "p1", loaded.data_dir, SystemClock(), lambda progress: None, port=port)
        for name in ("p1", "udp_battery", "balancer"):
            await self.troupe.start_service(name)

    async def _kill(self, chance: random.Random, victim: str) -> None:
        await self.clock.sleep(chance.uniform(*CALM_S))
        kill = Kill(victim, round(chance.uniform(*AWAY_S), 1))
        try:
            await self.troupe.kill(victim)
        except Unusable as died:
            self.deaths.append(str(died))
        await self.clock.sleep(kill.away_s)
        if victim == "broker":
            await self.troupe.start("broker", self.stage.broker_command)
        else:
            await self.troupe.start_service(victim)
        began_s = self.clock.monotonic()
        back = await self._until(lambda: all(at_s > began_s for at_s in self._applied_s.values()), 2 * BACK_S[victim])
        kill.back_s = round(self.clock.monotonic() - began_s, 1) if back else None
        self.kills.append(kill)
        sys.stderr.write(f"{len(self.kills)}: {victim}, back after {kill.back_s} s\n")

    async def _until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        deadline_s = self.clock.monotonic() + limit_s
        while not holds() and self.clock.monotonic() < deadline_s:
            await self.clock.sleep(LOOK_S)
        return holds()

    def _hear(self, received: Received) -> None:
        device = received.topic.split("/")[1]
        if ACK.matches(received.topic) and device in BATTERIES and received.payload:
            _, ack = decode(ACK, received.payload)
            if ack.outcome == "applied" and ack.detail != "released":
                self._applied_s[device] = received.arrived_s

    def _did(self, line: Mapping[str, object]) -> None:
        if line.get("what") != "house":
            self.judge.did(str(line.get("device")), line)

    async def _judge_time(self) -> None:
        async for _ in self.clock.every(1.0):
            self.judge.passed(self.clock.monotonic())

    def figures(self) -> dict[str, object]:
        """What became of all kills."""
        backs = [kill.back_s for kill in self.kills if kill.back_s is not None]
        late = [kill.__dict__ for kill in self.kills if kill.back_s is None or kill.back_s > BACK_S[kill.victim]]
        return {
            "kills": len(self.kills),
            "never_back_or_late": late,
            "back_s": {
                "p50": quantile(backs, 0.5, 1),
                "p95": quantile(backs, 0.95, 1),
                "worst": max(backs, default=None),
            },
            "ended_by_themselves": self.deaths,
            "violations": self.judge.violations,
        }


def drill(count: int, seed: int, rate: float, folder: Path) -> Drill:
    """Run one drill in `folder`."""
    made = Drill(set_stage(folder), seed, rate)
    asyncio.run(made.run(count))
    return made


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        done = drill(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1, 5.0, Path(name))
    sys.stdout.write(orjson.dumps(done.figures(), option=orjson.OPT_INDENT_2).decode() + "\n")
    failed = ("violations", "never_back_or_late", "ended_by_themselves")
    sys.exit(1 if any(done.figures()[name] for name in failed) else 0)

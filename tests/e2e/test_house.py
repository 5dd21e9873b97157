"""The whole house as processes, on scaled time: on the broker we ship, with its rights, and on the embedded one."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import pytest

from common.clock import Clock, SystemClock
from common.config import Loaded, load
from common.contract import ACK, Ack
from common.homewizard.pair import pair
from common.messaging import Received
from common.watcher import Watcher
from services.cli.__main__ import run
from services.cli.journal_tail import follow
from services.cli.judge import Judge
from services.cli.registry import sections
from services.cli.stage import Stage, set_stage
from services.cli.troupe import Troupe
from services.cli.watch import each, guest
from tests.brokers import EMBEDDED, MOSQUITTO, WITHOUT, shipped_configuration
from tests.on_paper import off_paper

RATE = 8.0
PATIENCE_S = 120.0
"""House seconds until both batteries have carried out their share of orders, over links that lose 30 %."""
ORDERS = 3
SERVICES = ("simulator", "p1", "udp_battery", "balancer")
BATTERIES = ("garage_battery", "cellar_battery")


@dataclass
class Witness:
    """Hears everything: judges it, and keeps the last word of each topic."""

    judge: Judge = field(default_factory=Judge)
    applied: Counter[str] = field(default_factory=Counter)
    last: dict[str, bytes] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    """What the published schemas say against messages."""

    def hear(self, received: Received) -> None:
        self.judge.heard(received)
        if wrong := off_paper(received.topic, received.payload):
            self.wrong.add(wrong)
        self.last[received.topic] = received.payload
        if ACK.matches(received.topic) and Ack.model_validate_json(received.payload).outcome == "applied":
            self.applied[received.topic.split("/")[1]] += 1


@dataclass
class Life:
    """A house from its start to its end."""

    stage: Stage
    witness: Witness = field(default_factory=Witness)
    verdicts: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        epoch_ms = SystemClock().wall_ms()
        self.clock: Clock = SystemClock(RATE, epoch_ms)
        told = {"CONFIG": self.stage.config, "CLOCK_RATE": RATE, "CLOCK_EPOCH_MS": epoch_ms}
        environment = {**os.environ, **{f"BALLAST_{name}": str(value) for name, value in told.items()}}
        self.troupe = Troupe(self.stage.folder, environment, SystemClock())

    async def live(self) -> None:
        """Start, work, end."""
        loaded = load(self.stage.config, sections(), {})
        try:
            await self._start(loaded)
            async with guest(loaded.mqtt, self.clock) as bus, asyncio.TaskGroup() as tasks:
                watching = Watcher(bus, self.witness.hear, lane=each()).run()
                reading = follow(self.stage.journal, self.clock, self._did)
                chores = [tasks.create_task(chore) for chore in (watching, reading)]
                await self._work()
                self.statuses = await self.troupe.end()
                for chore in chores:
                    chore.cancel()
        finally:
            await self.troupe.end()

    async def _start(self, loaded: Loaded) -> None:
        await self.troupe.start("broker", self.stage.broker_command)
        await self.troupe.start_service("simulator")
        await self.troupe.healthy({"simulator": self.stage.metrics_ports["simulator"]})
        port = getattr(loaded.sections["p1"], "https_port", 443)
        await pair("127.0.0.1", "p1", loaded.data_dir, SystemClock(), lambda progress: None, port=port)
        for name in SERVICES[1:]:
            await self.troupe.start_service(name)
        self.verdicts = await self.troupe.healthy(self.stage.metrics_ports)

    async def _work(self) -> None:
        until_s = self.clock.monotonic() + PATIENCE_S
        async for _ in self.clock.every(1.0):
            self.witness.judge.passed(self.clock.monotonic())
            if all(self.witness.applied[name] >= ORDERS for name in BATTERIES) or self.clock.monotonic() > until_s:
                return

    def _did(self, line: Mapping[str, object]) -> None:
        if line.get("what") != "house":
            self.witness.judge.did(str(line.get("device")), line)


def guarded(folder: Path) -> Stage:
    """A stage whose broker is the one we ship: with passwords, and rights that setup made out of its configuration."""
    if MOSQUITTO is None:
        pytest.skip(WITHOUT)
    stage = set_stage(folder)
    stage.config.write_text(stage.config.read_text().replace("mqtt: {", "mqtt: {password_dir: secrets, "))
    assert run(["setup", "--folder", str(folder)]) == 0
    conf = folder / "broker.conf"
    conf.write_text(shipped_configuration(folder, stage.mqtt_port))
    return replace(stage, broker_command=[MOSQUITTO, "-c", str(conf)])


def embedded(folder: Path) -> Stage:
    """A stage with the broker of machines without Mosquitto, which lets everybody do everything."""
    stage = set_stage(folder)
    stage.config.write_text(stage.config.read_text().replace("protocol: 5", "protocol: 3.1.1"))
    return replace(stage, broker_command=[*EMBEDDED, str(stage.mqtt_port)])


@pytest.mark.promise("4.8-01")
@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.parametrize("setting", [guarded, embedded])
async def test_a_whole_house_lives_and_ends_in_order(tmp_path: Path, setting: Callable[[Path], Stage]) -> None:
    """Healthy, orders carried out, no promise broken; at SIGTERM every process ends by itself and says so."""
    life = Life(setting(tmp_path))
    await life.live()
    assert life.verdicts == dict.fromkeys(SERVICES, "healthy")
    assert life.witness.judge.violations == []
    assert life.witness.wrong == set()
    assert all(life.witness.applied[name] >= ORDERS for name in BATTERIES), life.witness.applied
    assert {name: life.statuses[name] for name in SERVICES} == dict.fromkeys(SERVICES, 0)
    last = life.witness.last
    assert {last[f"service/ems-{name}/status"] for name in SERVICES} == {b"offline"}
    assert last["balancer/main/lease"] == b""
    assert {orjson.loads(last[f"battery/{name}/control"])["mode"] for name in BATTERIES} <= {"autonomous", "safe"}
    assert not [name for name in SERVICES if "Traceback" in (tmp_path / f"{name}.log").read_text()]

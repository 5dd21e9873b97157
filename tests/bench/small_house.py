"""A PZEM house as one process: memory, and processor time at one message of each meter a second. Real time, Linux.

A house as the smallest machine has it: two clamps are the grid meter, a dimmed water heater with a meter of its own and
a switched pump hang on the broker, and `ballast run all` is everything that runs: the bridge and the balancer. The sun
wanders, so that the dimmer is told something new about each other second.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from common.clock import Clock, SystemClock
from common.config import MqttSettings
from services.cli.troupe import Troupe
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import DimmedLoad, House, Noise, PlainAppliance, Steps, SwitchedLoad
from services.simulator.physics.load import Profile
from services.simulator.pzem import Appliance, DimmerFake, LoadFake, MeterFake
from tests.brokers import start_broker

WARM_UP_S, SPAN_S = 20.0, 60.0
PERIOD_S = 1.0
REAL = SystemClock()
CLAMPS = ("CONSOMMATION", "PRODUCTION", "ECS")


@dataclass(frozen=True)
class Zigzag:
    """Sun that rises and falls by so much a second."""

    low_w: float = 1200.0
    high_w: float = 2200.0
    slope_w_per_s: float = 30.0

    def at(self, time_s: float) -> float:
        """Up, down, up …"""
        span_w = self.high_w - self.low_w
        return self.low_w + abs((time_s * self.slope_w_per_s) % (2 * span_w) - span_w)


def sections(folder: Path, mqtt: MqttSettings) -> dict[str, object]:
    """The file."""
    return {
        "mqtt": {"host": mqtt.host, "port": mqtt.port, "protocol": mqtt.protocol},
        "data_dir": str(folder / "data"),
        "pzem": {
            "grid": {"house": {"consumption": "smeter/pzem/CONSOMMATION", "production": "smeter/pzem/PRODUCTION"}},
            "dimmers": {"water_heater": {"topic": "regul/vload/ECS", "meter": "smeter/pzem/ECS"}},
            "switches": {"pump": {"topic": "regul/cload/pump", "power_w": 600}},
        },
        "balancer": {
            "grid_meter": "house",
            "order": ["water_heater", "pump"],
            "devices": {"water_heater": {"want": "surplus"}, "pump": {"want": "surplus", "power_w": 600}},
        },
    }


def devices(sun: Profile, mqtt: MqttSettings, clock: Clock) -> Iterator[Appliance]:
    """Everything that lives at the broker: each clamp tells once a second."""
    heater, pump = DimmedLoad(PlainAppliance(2400)), SwitchedLoad(PlainAppliance(600))
    house = House(Noise(Steps(300), 10), sun, {}, {"water_heater": heater, "pump": pump})
    clocked = ClockedHouse(house, clock)

    def consumption_w() -> float:
        clocked.catch_up()
        return house.load_w + house.switched_w

    def production_w() -> float:
        clocked.catch_up()
        return house.production_w

    def heater_w() -> float:
        clocked.catch_up()
        return heater.power_w

    for name, flow in zip(CLAMPS, (consumption_w, production_w, heater_w), strict=True):
        yield MeterFake(mqtt, clock, flow, topic=f"smeter/pzem/{name}", period_s=PERIOD_S)
    yield DimmerFake(heater, clocked, mqtt, clock)
    yield LoadFake(pump, clocked, mqtt, clock, topic="regul/cload/pump")


@dataclass(frozen=True)
class Use:
    """What a process has used."""

    cpu_s: float
    peak_mb: float

    @classmethod
    def of(cls, pid: int) -> "Use":
        """So far. Raises OSError where the system does not tell."""
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        ticks = int(fields[11]) + int(fields[12])
        return cls(ticks / os.sysconf("SC_CLK_TCK"), int(status["VmHWM"].split()[0]) / 1000)


def figures() -> dict[str, object]:
    """Memory in MB (10⁶ bytes, the most there was), and per cent of one core."""
    seen = asyncio.run(measure(WARM_UP_S, SPAN_S))
    return {
        "rss_most_mb": round(seen.peak_mb, 1),
        "cpu_pct_of_one_core": round(100 * seen.cpu_s_per_s, 2),
        "meter_messages_per_s": len(CLAMPS) / PERIOD_S,
        "words_to_devices_per_s": round(seen.words / SPAN_S, 2),
    }


@dataclass(frozen=True)
class Seen:
    """What one run used, once it had warmed up."""

    peak_mb: float
    cpu_s_per_s: float
    """Per second of the house."""
    words: int
    """Said to its devices."""


async def measure(warm_up_s: float, span_s: float, rate: float = 1.0) -> Seen:
    """One run of so long, in the house's own seconds; of those, `rate` pass in each real one."""
    epoch_ms = REAL.wall_ms()
    clock = SystemClock(rate, epoch_ms)
    scale = {"BALLAST_CLOCK_RATE": str(rate), "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms)} if rate != 1 else {}
    with TemporaryDirectory() as name, start_broker(Path(name) / "broker") as broker:
        folder = Path(name)
        (folder / "ballast.yaml").write_bytes(orjson.dumps(sections(folder, broker.settings)))
        troupe = Troupe(folder, {**os.environ, "BALLAST_CONFIG": str(folder / "ballast.yaml"), **scale}, REAL)
        made = list(devices(Zigzag(), broker.settings, clock))
        lives = [asyncio.create_task(device.stay()) for device in made]
        try:
            await troupe.start("all", [sys.executable, "-m", "services.cli", "run", "all"])
            await clock.sleep(warm_up_s)
            troupe.check_all()
            before, words = Use.of(troupe.pid("all")), _words(made)
            await clock.sleep(span_s)
            after = Use.of(troupe.pid("all"))
            return Seen(after.peak_mb, (after.cpu_s - before.cpu_s) / span_s, _words(made) - words)
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            await troupe.end()


def _words(made: list[Appliance]) -> int:
    return sum(len(device.heard) for device in made)

"""A recording of a simulated house, made while its balancer works, and what a replay of it says."""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from common.clock import Clock
from common.config import MqttSettings, SiteSettings
from common.contract import BALANCER_LEASE, BalancerLease, Envelope, encode
from common.memory_bus import MemoryBroker
from services.balancer.config import Config
from services.cli.recording import read, write
from services.replay.bus import replay
from services.simulator.physics import House
from tests.balancer.houses import noisy, one_battery, run
from tests.bench.rig import EPOCH

LEASE = BalancerLease(epoch=EPOCH, instance="live")
Said = dict[str, Any]  # a line of a recording, its payload of whatever shape


@dataclass
class Recorder:
    """Writes down what is said on a memory bus, and claims the lease as a balancer does that has just won it."""

    lines: list[bytes] = field(default_factory=list)

    def __call__(self, house: House, broker: MemoryBroker, clock: Clock) -> Awaitable[None]:
        def heard(topic: str, payload: bytes, retain: bool) -> None:
            self.lines.append(write(clock.wall_ms(), topic, payload, retain=False))

        broker.watch(heard)
        envelope = Envelope(v=1, ts_ms=clock.wall_ms(), seq=0, boot="live", src="ems-balancer")
        broker.publish(BALANCER_LEASE.at("main").name, encode(envelope, LEASE), True)
        return clock.sleep(0)


CONFIG = Config(order=("garage",))


def a_minute_and_a_half() -> list[bytes]:
    """A house with a kettle of 2 kW, a noisy meter, and one battery that ignores a tenth of its orders."""
    recorder = Recorder()
    rig = one_battery(noisy([(20, 2200), (60, 200)]), ignores=0.1, config=CONFIG)
    rig.extras = (recorder,)
    run(rig, 90)
    return recorder.lines


def replayed(lines: Iterable[bytes], config: Config = CONFIG) -> list[bytes]:
    """Everything that the balancer says to a recording, as lines."""
    out: list[bytes] = []
    replay(read(lines, "recording"), config, SiteSettings(), MqttSettings(), lambda *said: out.append(write(*said)))
    return out


def said(lines: Iterable[bytes]) -> list[Said]:
    """Lines as values, without what tells a live balancer from a replayed one."""
    parsed = [orjson.loads(line) for line in lines]
    for line in parsed:
        del line["retain"]
        if isinstance(line["payload"], dict):
            line["payload"].pop("boot", None)
    return parsed


def of_the_balancer(lines: Iterable[bytes]) -> list[Said]:
    """What the live balancer said; its lease it held on another connection."""
    from_it = [line for line in said(lines) if _writer(line) == "ems-balancer"]
    return [line for line in from_it if not BALANCER_LEASE.matches(line["topic"])]


def _writer(line: Said) -> object:
    payload = line["payload"]
    return payload.get("src") if isinstance(payload, dict) else line["topic"].startswith("balancer/") and "ems-balancer"

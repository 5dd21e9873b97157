"""A recording through the shipping balancer, over a bus in memory, on a virtual clock: the same bytes each time.

What the recorded balancer itself said is not fed in; its lease tells when it led and with which epoch, so that the
acks of the recording fit the commands that are given again. Without one, it leads from the first line.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from common.bus import account_name
from common.clock import JumpClock, JumpLoop
from common.config import MqttSettings, SiteSettings
from common.contract import BALANCER_LEASE, COMMAND, LEAVES, decode
from common.errors import MessageRejected
from common.memory_bus import MemoryBroker
from services.balancer.config import Config
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook

BOOT = "replay"
AFTERWARDS_S = 1.0
"""What the last line leads to is waited for."""
OWN = (
    "balancer/main/state",
    "balancer/main/decision/",
    "balancer/main/setting/",
    "balancer/main/group/",
    "balancer/main/terms/",
)


class Recorded(Protocol):
    """One message of a recording."""

    @property
    def t_ms(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def retain(self) -> bool: ...
    def bytes(self) -> bytes: ...


Tell = Callable[[int, str, bytes, bool], None]
"""Called with (t_ms, topic, payload, retain) for everything the balancer publishes."""


def replay(lines: Iterable[Recorded], config: Config, site: SiteSettings, mqtt: MqttSettings, tell: Tell) -> None:
    """Feed the lines in at their own times and tell everything that the balancer would publish."""
    recorded = list(lines)
    if not recorded:
        return
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=recorded[0].t_ms)
    clock = JumpClock(start)
    with asyncio.Runner(loop_factory=lambda: JumpLoop(clock)) as runner:
        runner.run(_play(recorded, Mind(config, site, SettingsBook(config)), mqtt, clock, tell))


async def _play(lines: list[Recorded], mind: Mind, mqtt: MqttSettings, clock: JumpClock, tell: Tell) -> None:
    account = account_name(mqtt.base, "balancer")
    world = World(account, clock, tell)
    bus = world.broker.plug(account, BOOT, clock)
    epochs = [epoch for line in lines if (epoch := _epoch(line)) is not None]
    async with asyncio.TaskGroup() as tasks:
        running: list[asyncio.Task[None]] = []
        for line in lines:
            await clock.sleep((line.t_ms - clock.wall_ms()) / 1000)
            epoch = _epoch(line) if epochs else lines[0].t_ms
            if epoch is not None and epoch != mind.epoch:
                mind.lead(epoch)
                leader = Leader(mind, bus)
                running = running or [tasks.create_task(leader.listen()), tasks.create_task(leader.tick())]
                await clock.sleep(0)
            world.feed(line)
            await clock.sleep(0)
        await clock.sleep(AFTERWARDS_S)
        for task in running:
            task.cancel()


class World:
    """Everybody but the balancer, as recorded."""

    def __init__(self, account: str, clock: JumpClock, tell: Tell) -> None:
        self.broker = MemoryBroker()
        self.broker.watch(self._heard)
        self._account = account
        self._clock = clock
        self._tell = tell
        self._feeding = False

    def feed(self, line: Recorded) -> None:
        """Publish one recorded message, unless the balancer itself said it."""
        own = line.topic.startswith(OWN) or line.topic.startswith(f"alert/{self._account}/")
        leaf = next((leaf for leaf in LEAVES if leaf.matches(line.topic)), None)
        if own or leaf is None or leaf in (COMMAND, BALANCER_LEASE):
            return
        self._feeding = True
        try:
            self.broker.publish(line.topic, line.bytes(), leaf.retain, kept=line.retain)
        finally:
            self._feeding = False

    def _heard(self, topic: str, payload: bytes, retain: bool) -> None:
        if not self._feeding:
            self._tell(self._clock.wall_ms(), topic, payload, retain)


def _epoch(line: Recorded) -> int | None:
    """The epoch of a recorded lease."""
    if not BALANCER_LEASE.matches(line.topic):
        return None
    try:
        _, lease = decode(BALANCER_LEASE, line.bytes())
    except MessageRejected:
        return None
    return lease.epoch

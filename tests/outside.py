"""Whole services at a real broker: a balancer that orders and listens, and a process that can be stopped and killed."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from common.bus import MqttBus
from common.clock import Clock
from common.contract import ACK, AVAILABILITY, BATTERY_STATE, COMMAND, SWITCH_STATE, Ack, Command
from common.messaging import Inbox, Reader
from tests.brokers import Broker

ROOT = Path(__file__).parents[1]
LEAVES = (ACK, BATTERY_STATE, SWITCH_STATE, AVAILABILITY)
Found = Callable[[object], bool]


@dataclass
class Outside:
    """What a balancer sees and says."""

    bus: MqttBus
    clock: Clock
    inbox: Inbox
    kind: str
    device: str
    numbers: int = 0

    async def order(
        self, power_w: float | None = None, *, on: bool | None = None, ttl_s: float, to: tuple[str, str] | None = None
    ) -> str:
        """Give one order, to a device of the class `to[0]` if it is another one. Returns its id."""
        self.numbers += 1
        cmd_id = f"1-{self.numbers}"
        command = Command(
            cmd_id=cmd_id,
            epoch=1,
            issued_at_ms=self.clock.wall_ms(),
            ttl_s=ttl_s,
            action="set_power" if on is None else "switch",
            on=on,
            power_w=power_w,
        )
        await self.bus.publish(COMMAND.at(*(to or (self.kind, self.device))), command)
        return cmd_id

    async def until(self, found: Found, limit_s: float = 300) -> None:
        """Return with the first message that is what was waited for."""
        reader = Reader(self.bus, LEAVES)
        async with self.clock.timeout(limit_s):
            async for received in self.inbox:
                message = reader.read(received)
                if message is not None and found(message.body):
                    return

    async def insist(self, *, on: bool, ttl_s: float, to: tuple[str, str]) -> None:
        """Order it, again and again, until it is carried out."""
        for _ in range(40):
            cmd_id = await self.order(on=on, ttl_s=ttl_s, to=to)
            with suppress(TimeoutError):
                await self.until(is_applied(cmd_id), 10)
                return
        raise AssertionError(f"{to[1]} was never switched")


@asynccontextmanager
async def outside(broker: Broker, clock: Clock, kind: str = "", device: str = "") -> AsyncIterator[Outside]:
    """A balancer; its orders are for `device`."""
    async with MqttBus(broker.settings, "ems-balancer", "b0", clock) as bus:
        inbox = await bus.listen(*LEAVES, lane=lambda received: f"{received.topic} {received.payload[-400:]!r}")
        await bus.ready.wait()
        yield Outside(bus, clock, inbox, kind, device)


def is_applied(cmd_id: str) -> Found:
    """The order was carried out."""
    return lambda body: isinstance(body, Ack) and (body.cmd_id, body.outcome) == (cmd_id, "applied")


def written(folder: Path, broker: Broker, **sections: Mapping[str, object]) -> Path:
    """A configuration for services at this broker."""
    mqtt = {"host": "127.0.0.1", "port": broker.port, "protocol": broker.settings.protocol}
    file = folder / "ballast.yaml"
    file.write_text(json.dumps({"mqtt": mqtt, "data_dir": str(folder / "data"), **sections}))
    return file


@asynccontextmanager
async def started(
    *words: str, env: Mapping[str, str], stdout: int | None = None, stderr: int = asyncio.subprocess.DEVNULL
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python` with these words, ended at the latest with the block."""
    made = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=ROOT, env={**os.environ, **env}, stdout=stdout, stderr=stderr
    )
    try:
        yield made
    finally:
        if made.returncode is None:
            made.kill()
        await made.wait()


@asynccontextmanager
async def process(service: str, config: Path, *, rate: int, epoch_ms: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.<service>`, `rate` times as fast."""
    spoken = {
        "BALLAST_CONFIG": str(config),
        "BALLAST_CLOCK_RATE": str(rate),
        "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms),
    }
    async with started("-m", f"services.{service}", env=spoken) as running:
        yield running

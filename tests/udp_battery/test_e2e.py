"""The whole service: a real broker, real UDP, and in one test a real process that is stopped and killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.alerts import Alerts
from common.bus import MqttBus
from common.clock import Clock, SystemClock
from common.config import SiteSettings
from common.contract import ACK, AVAILABILITY, BATTERY_STATE, COMMAND, INFO, Ack, BatteryState, Command
from common.health import Health
from common.messaging import Inbox, Reader
from common.service import Runtime
from common.store import Store
from services.simulator.marstek import Expired, MarstekFake
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel
from services.udp_battery.config import BatterySettings, Config
from services.udp_battery.session import session
from tests.brokers import Broker

ROOT = Path(__file__).parents[2]
LEAVES = (ACK, BATTERY_STATE, AVAILABILITY, INFO)
RATE = 10


@dataclass
class Outside:
    """What a balancer sees and says."""

    bus: MqttBus
    clock: Clock
    inbox: Inbox
    numbers: int = 0

    async def order(self, power_w: float, ttl_s: float) -> str:
        """Give one order. Returns its id."""
        self.numbers += 1
        now_ms = self.clock.wall_ms()
        cmd_id = f"1-{self.numbers}"
        command = Command(cmd_id=cmd_id, epoch=1, issued_at_ms=now_ms, ttl_s=ttl_s, action="set_power", power_w=power_w)
        await self.bus.publish(COMMAND.at("battery", "garage"), command)
        return cmd_id

    async def until(self, found: Callable[[object], bool]) -> None:
        """Return with the first message that is what was waited for."""
        reader = Reader(self.bus, LEAVES)
        async with self.clock.timeout(300):
            async for received in self.inbox:
                message = reader.read(received)
                if message is not None and found(message.body):
                    return


@asynccontextmanager
async def outside(broker: Broker, clock: Clock) -> AsyncIterator[Outside]:
    async with MqttBus(broker.settings, "ems-balancer", "b0", clock) as bus:
        inbox = await bus.listen(*LEAVES, lane=lambda received: f"{received.topic} {received.payload[-400:]!r}")
        await bus.ready.wait()
        yield Outside(bus, clock, inbox)


def is_applied(cmd_id: str) -> Callable[[object], bool]:
    return lambda body: isinstance(body, Ack) and body.cmd_id == cmd_id and body.outcome == "applied"


def is_near(power_w: float) -> Callable[[object], bool]:
    def near(body: object) -> bool:
        return isinstance(body, BatteryState) and body.power_w is not None and abs(body.power_w - power_w) < 20

    return near


@asynccontextmanager
async def bridge(broker: Broker, clock: Clock, folder: Path, fake: MarstekFake) -> AsyncIterator[None]:
    """The service in this process, at a real broker, in idle-jump time."""
    place = BatterySettings(host=fake.address[0], port=fake.address[1])
    config = Config(batteries={"garage": place}, bind_host="127.0.0.1", broadcast=("127.0.1.11",))
    account = "ems-udp_battery"
    async with MqttBus(broker.settings, account, "cafe01", clock) as bus:
        with Store(folder / "udp_battery.sqlite", clock, account) as store:
            runtime = Runtime(
                name="udp_battery",
                account=account,
                config=config,
                site=SiteSettings(),
                mqtt=broker.settings,
                data_dir=folder,
                clock=clock,
                bus=bus,
                alerts=Alerts(bus),
                store=store,
                health=Health("udp_battery"),
            )
            running = asyncio.create_task(session(runtime))
            try:
                yield
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[MarstekFake]:
    async with MarstekFake(Battery(BatteryModel(), 50), clock, faults=perfect(), host="127.0.1.11") as fake:
        yield fake


@pytest.mark.e2e
@pytest.mark.promise("4.8-08")
async def test_an_order_over_a_real_broker_moves_the_battery_and_is_seen_to(
    broker: Broker, clock: Clock, tmp_path: Path, fake: MarstekFake
) -> None:
    async with outside(broker, clock) as balancer, bridge(broker, clock, tmp_path, fake):
        await balancer.until(lambda body: body == "online")
        cmd_id = await balancer.order(-450, 90)
        await balancer.until(is_applied(cmd_id))
        await balancer.until(is_near(-450))
        assert fake.power_w == pytest.approx(-450)
    assert fake.program.mode == "Auto"


@pytest.mark.e2e
async def test_while_the_broker_is_away_the_lease_ends_and_afterwards_orders_work_again(
    broker: Broker, clock: Clock, tmp_path: Path, fake: MarstekFake
) -> None:
    """F1, I1, I8."""
    async with outside(broker, clock) as balancer, bridge(broker, clock, tmp_path, fake):
        await balancer.until(lambda body: body == "online")
        cmd_id = await balancer.order(700, 60)
        await balancer.until(is_applied(cmd_id))
        broker.kill()
        await clock.sleep(70)
        assert fake.program.mode == "Auto"
        assert fake.journal.setpoint_w(clock.monotonic()) is None
        broker.start()
        await balancer.bus.ready.wait()
        await balancer.until(is_near(0))
        again = await balancer.order(300, 90)
        await balancer.until(is_applied(again))
        await balancer.until(is_near(300))


@asynccontextmanager
async def process(config: Path, epoch_ms: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.udp_battery`, ten times as fast."""
    spoken = {
        **os.environ,
        "BALLAST_CONFIG": str(config),
        "BALLAST_CLOCK_RATE": str(RATE),
        "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.udp_battery", cwd=ROOT, env=spoken, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


def written(folder: Path, broker: Broker, fake: MarstekFake) -> Path:
    file = folder / "ballast.yaml"
    protocol = broker.settings.protocol
    host, port = fake.address
    file.write_text(
        f"mqtt:\n  host: 127.0.0.1\n  port: {broker.port}\n  protocol: {protocol}\n"
        f"udp_battery:\n  bind_host: 127.0.0.1\n  batteries:\n    garage:\n      host: {host}\n      port: {port}\n"
    )
    return file


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("4.8-15")
async def test_a_process_that_is_stopped_hands_back_and_one_that_is_killed_leaves_the_dead_man(
    broker: Broker, tmp_path: Path
) -> None:
    """F31, I1, I2, I10, checklist 6 and 10."""
    epoch_ms = SystemClock().wall_ms()
    clock = SystemClock(RATE, epoch_ms)
    battery = Battery(BatteryModel(), 50)
    async with MarstekFake(battery, clock, faults=perfect(), host="127.0.1.11") as fake:
        config = written(tmp_path, broker, fake)
        async with outside(broker, clock) as balancer:
            async with process(config, epoch_ms) as stopped:
                await balancer.until(lambda body: body == "online")
                await balancer.until(is_applied(await balancer.order(500, 90)))
                await balancer.until(is_near(500))
                stopped.send_signal(signal.SIGTERM)
                assert await stopped.wait() == 0
            assert fake.program.mode == "Auto"
            async with process(config, epoch_ms) as killed:
                await balancer.until(is_near(0))
                await balancer.until(is_applied(await balancer.order(500, 20)))
                killed.kill()
            given_s = clock.monotonic()
            await clock.sleep(30)
            assert fake.program.mode == "Passive"
            assert fake.power_w == pytest.approx(0, abs=1)
            ended = [entry for entry in fake.journal.entries if isinstance(entry, Expired)]
            assert ended[-1].at_s <= given_s + 21
            async with process(config, epoch_ms), clock.timeout(200):
                while fake.program.mode != "Auto":
                    await clock.sleep(1)

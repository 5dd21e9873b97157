"""The whole service: a real broker, real UDP, and in one test a real process that is stopped and killed."""

import signal
from functools import partial
from pathlib import Path

import pytest

from common.clock import Clock, SystemClock
from common.contract import BatteryState
from services.simulator.marstek import Expired, MarstekFake
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel
from tests.brokers import Broker
from tests.outside import Found, is_applied, outside, process, written
from tests.udp_battery.home import Home

RATE = 10


def is_near(power_w: float) -> Found:
    def near(body: object) -> bool:
        return isinstance(body, BatteryState) and body.power_w is not None and abs(body.power_w - power_w) < 20

    return near


@pytest.mark.e2e
@pytest.mark.promise("4.8-08")
async def test_an_order_over_a_real_broker_moves_the_battery_and_is_seen_to(
    broker: Broker, clock: Clock, home: Home
) -> None:
    fake = await home.add()
    async with outside(broker, clock, "battery", "garage") as balancer, home.at(broker):
        await balancer.until(lambda body: body == "online")
        cmd_id = await balancer.order(-450, ttl_s=90)
        await balancer.until(is_applied(cmd_id))
        await balancer.until(is_near(-450))
        assert fake.power_w == pytest.approx(-450)
    assert fake.program.mode == "Auto"


@pytest.mark.e2e
async def test_while_the_broker_is_away_the_lease_ends_and_afterwards_orders_work_again(
    broker: Broker, clock: Clock, home: Home
) -> None:
    """F1, I1, I8."""
    fake = await home.add()
    async with outside(broker, clock, "battery", "garage") as balancer, home.at(broker):
        await balancer.until(lambda body: body == "online")
        cmd_id = await balancer.order(700, ttl_s=60)
        await balancer.until(is_applied(cmd_id))
        broker.kill()
        await clock.sleep(70)
        assert fake.program.mode == "Auto"
        assert fake.journal.setpoint_w(clock.monotonic()) is None
        broker.start()
        await balancer.bus.ready.wait()
        await balancer.until(is_near(0))
        again = await balancer.order(300, ttl_s=90)
        await balancer.until(is_applied(again))
        await balancer.until(is_near(300))


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
        place = {"host": fake.address[0], "port": fake.address[1]}
        config = written(tmp_path, broker, udp_battery={"bind_host": "127.0.0.1", "batteries": {"garage": place}})
        bridge = partial(process, "udp_battery", config, rate=RATE, epoch_ms=epoch_ms)
        async with outside(broker, clock, "battery", "garage") as balancer:
            async with bridge() as stopped:
                await balancer.until(lambda body: body == "online")
                await balancer.until(is_applied(await balancer.order(500, ttl_s=90)))
                await balancer.until(is_near(500))
                stopped.send_signal(signal.SIGTERM)
                assert await stopped.wait() == 0
            assert fake.program.mode == "Auto"
            async with bridge() as killed:
                await balancer.until(is_near(0))
                await balancer.until(is_applied(await balancer.order(500, ttl_s=20)))
                killed.kill()
            given_s = clock.monotonic()
            await clock.sleep(30)
            assert fake.program.mode == "Passive"
            assert fake.power_w == pytest.approx(0, abs=1)
            ended = [entry for entry in fake.journal.entries if isinstance(entry, Expired)]
            assert ended[-1].at_s <= given_s + 21
            async with bridge(), clock.timeout(200):
                while fake.program.mode != "Auto":
                    await clock.sleep(1)

"""The whole service: a real broker, real sockets, and in one test a real process that is stopped and killed."""

import signal
from functools import partial
from pathlib import Path

import pytest

from common.clock import Clock, SystemClock
from common.contract import SwitchState
from tests.brokers import Broker
from tests.homewizard.home import Home
from tests.outside import Found, is_applied, outside, process, written

RATE = 10


def draws(power_w: float) -> Found:
    return lambda body: isinstance(body, SwitchState) and body.power_w == power_w


def is_off(body: object) -> bool:
    return isinstance(body, SwitchState) and not body.on


@pytest.mark.e2e
@pytest.mark.promise("2.10-17")
async def test_an_order_over_a_real_broker_switches_the_socket(broker: Broker, clock: Clock, home: Home) -> None:
    fake = await home.socket()
    async with outside(broker, clock, "switch", "boiler") as balancer, home.at(broker):
        await balancer.until(lambda body: body == "online")
        await balancer.until(is_applied(await balancer.order(on=True, ttl_s=60)))
        await balancer.until(draws(2000))
        assert fake.is_on
    assert not fake.is_on


@pytest.mark.e2e
async def test_while_the_broker_is_away_the_lease_ends_and_afterwards_orders_work_again(
    broker: Broker, clock: Clock, home: Home
) -> None:
    """F1, I1, I8."""
    fake = await home.socket()
    async with outside(broker, clock, "switch", "boiler") as balancer, home.at(broker):
        await balancer.until(lambda body: body == "online")
        await balancer.until(is_applied(await balancer.order(on=True, ttl_s=30)))
        broker.kill()
        await clock.sleep(40)
        assert not fake.is_on
        broker.start()
        await balancer.bus.ready.wait()
        await balancer.until(is_off)
        await balancer.until(is_applied(await balancer.order(on=True, ttl_s=30)))


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("2.10-19")
@pytest.mark.promise("2.10-20")
async def test_a_process_that_is_stopped_switches_off_and_one_that_was_killed_does_so_when_it_returns(
    broker: Broker, tmp_path: Path
) -> None:
    """F31, I10: a socket has no timer of its own."""
    epoch_ms = SystemClock().wall_ms()
    clock = SystemClock(RATE, epoch_ms)
    async with Home(clock, tmp_path) as home, outside(broker, clock, "switch", "boiler") as balancer:
        fake = await home.socket()
        config = written(tmp_path, broker, homewizard=home.settings)
        bridge = partial(process, "homewizard", config, rate=RATE, epoch_ms=epoch_ms)
        async with bridge() as stopped:
            await balancer.until(lambda body: body == "online")
            await balancer.until(is_applied(await balancer.order(on=True, ttl_s=120)))
            stopped.send_signal(signal.SIGTERM)
            assert await stopped.wait() == 0
        assert not fake.is_on
        async with bridge() as killed:
            await balancer.until(is_off)
            await balancer.until(is_applied(await balancer.order(on=True, ttl_s=30)))
            killed.kill()
        await clock.sleep(10)
        assert fake.is_on
        async with bridge(), clock.timeout(200):
            while fake.is_on:
                await clock.sleep(1)

"""A socket and a group that are broken in one way after another, by seed: orders end in time, and all recovers."""

import random
from collections.abc import Awaitable, Callable

import pytest

from services.simulator.homewizard.appliance import ApplianceFake
from services.simulator.p1_meter import Faults
from tests.homewizard.home import Home

Break = Callable[[ApplianceFake], Awaitable[None]]
NO_TIMER_S = 40.0
"""After what was broken is mended: the longest back-off, and one look."""


def switch(name: str, value: object) -> Break:
    """Throw one of the fake's switches."""

    async def throw(fake: ApplianceFake) -> None:
        setattr(fake.faults, name, value)

    return throw


async def drop(fake: ApplianceFake) -> None:
    """Cut every connection."""
    fake.drop()


async def power_cut(fake: ApplianceFake) -> None:
    """Gone, and back."""
    await fake.unplug()
    await fake.plug_in()


BREAKS: tuple[Break, ...] = (
    switch("silent", True),
    switch("babble", "truncated"),
    switch("babble", "not_a_number"),
    switch("status", 503),
    switch("late_s", 3.0),
    switch("serial", "ffeeddccbbaa"),
    switch("batteries_refuse", True),
    switch("batteries_ignore", True),
    drop,
    power_cut,
    ApplianceFake.reboot,
)


def mend(fake: ApplianceFake) -> None:
    """Throw every switch back."""
    absent = fake.faults.absent
    for name, value in vars(Faults()).items():
        setattr(fake.faults, name, value)
    fake.faults.absent = absent


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_breaks_orders_end_and_everything_recovers(home: Home, seed: int) -> None:
    """I1, I2, I8: while a device answers it is under no order that has ended; in the end orders work again."""
    chance = random.Random(seed)
    socket = await home.socket()
    await home.battery("left")
    meter = await home.group(members=["left"])
    await home.ready(settle_s=15)
    for _ in range(3):
        home.renew(on=True)
        await home.clock.sleep(chance.uniform(1, 30))
        for fake in (socket, meter):
            await chance.choice(BREAKS)(fake)
        await home.order(mode="standby", to="home")
        await home.clock.sleep(chance.uniform(1, 40))
        home.let_go()
        for fake in (socket, meter):
            mend(fake)
        await home.clock.sleep(home.TTL_S + NO_TIMER_S)
        assert not socket.is_on
        assert meter.batteries is not None
        assert meter.batteries.mode == "zero"
    await home.clock.sleep(30)
    assert not home.alerts()
    home.renew(on=True)
    await home.clock.sleep(5)
    assert socket.is_on
    assert home.availability()[-1] == home.availability("home")[-1] == "online"

"""The simulated house on real sockets, until it is told to stop."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from math import sqrt

from common.clock import Clock
from common.service import Runtime
from services.simulator.config import Config, SimulatedBattery
from services.simulator.journal_file import JournalFile
from services.simulator.marstek import (
    VENUS_A_147,
    VENUS_C_153,
    VENUS_E3_150,
    VENUS_E_MINI_301,
    Faults,
    MarstekFake,
)
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import Appliances, Battery, BatteryModel, House, Noise, Sun
from services.simulator.physics.load import BUSY, HOUSEHOLD

FIRMWARE = {
    "venus_e3_150": VENUS_E3_150,
    "venus_c_153": VENUS_C_153,
    "venus_a_147": VENUS_A_147,
    "venus_e_mini_301": VENUS_E_MINI_301,
}
PRESS_S = 10.0
log = logging.getLogger(__name__)


def build(config: Config) -> House:
    """The house: its load, its roof, its batteries."""
    appliances = BUSY if config.household == "busy" else HOUSEHOLD
    load = Noise(Appliances(config.base_w, appliances, config.seed), config.noise_w, config.seed)
    sun = Sun(peak_w=config.pv_peak_w, starts_at=config.starts_at, clouds=config.clouds, seed=config.seed)
    batteries = {
        name: _battery(settings, config.seed + number)
        for number, (name, settings) in enumerate(config.batteries.items())
    }
    return House(load, sun, batteries)


def _battery(settings: SimulatedBattery, seed: int) -> Battery:
    battery = Battery(BatteryModel(capacity_wh=settings.capacity_wh), settings.soc_pct, seed)
    battery.discharge_cap_w = settings.unlocked_w
    return battery


async def session(runtime: Runtime[Config]) -> None:
    """For ever."""
    config, clock = runtime.config, runtime.clock
    house, began_s = build(config), clock.monotonic()

    def catch_up() -> float:
        house.advance_to(clock.monotonic() - began_s)
        return house.time_s

    async with AsyncExitStack() as stack:
        meter = await stack.enter_async_context(
            P1Fake(
                house,
                clock,
                zone=runtime.site.zone,
                host=config.meter.host,
                http_port=config.meter.http_port,
                https_port=config.meter.https_port,
                seed=config.seed,
            )
        )
        fakes: dict[str, MarstekFake] = {}
        for number, (name, settings) in enumerate(config.batteries.items()):
            fake = _fake(house.batteries[name], settings, clock, number, catch_up)
            fakes[name] = await stack.enter_async_context(fake)
        log.info("the house stands: P1 on ports %d (v1) and %d (v2)", meter.http_port, meter.https_port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(JournalFile(config.journal, house, meter, fakes).run(clock))
            tasks.create_task(_live(runtime, meter, config.meter.button_pressed))


def _fake(
    battery: Battery, settings: SimulatedBattery, clock: Clock, number: int, catch_up: Callable[[], float]
) -> MarstekFake:
    each_way = 1 - sqrt(1 - settings.loss)
    return MarstekFake(
        battery,
        clock,
        FIRMWARE[settings.firmware],
        Faults(loss_in=each_way, loss_out=each_way),
        host=settings.host,
        port=settings.port,
        mac=f"02005e10{number:04x}",
        seed=number,
        catch_up=catch_up,
    )


async def _live(runtime: Runtime[Config], meter: P1Fake, button_pressed: bool) -> None:
    """Turn for the health check; press the button for those who pair."""
    async for _ in runtime.clock.every(PRESS_S):
        runtime.health.turned(PRESS_S)
        if button_pressed:
            meter.press_button()

"""The simulated house on real sockets, until it is told to stop."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from math import sqrt

from common.clock import Clock
from common.foreign import Foreign
from common.service import Runtime
from services.simulator.annex import annex
from services.simulator.build import build, dated
from services.simulator.clocked import ClockedHouse
from services.simulator.config import Config, SimulatedBattery, SimulatedRoofMeter, SimulatedSocket, SimulatedWeather
from services.simulator.homewizard import KwhFake, SocketFake, of_production
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
from services.simulator.physics import Battery
from services.simulator.pzem import lodgers
from services.simulator.relay import (
    BrokerAir,
    EspHomeFake,
    RelayFake,
    ShellyFake,
    ShellyGen1Fake,
    TasmotaFake,
    ZigbeeFake,
)
from services.simulator.tempo import Days, EcoDeviceFake, TicFake, WebFake
from services.simulator.weather import WeatherFake

FIRMWARE = {
    "venus_e3_150": VENUS_E3_150,
    "venus_c_153": VENUS_C_153,
    "venus_a_147": VENUS_A_147,
    "venus_e_mini_301": VENUS_E_MINI_301,
}
Kind = type[EspHomeFake | ShellyFake | ShellyGen1Fake | TasmotaFake | ZigbeeFake]
KINDS: Mapping[str, Kind] = {
    "tasmota": TasmotaFake,
    "shelly": ShellyFake,
    "shelly_gen1": ShellyGen1Fake,
    "zigbee": ZigbeeFake,
    "esphome": EspHomeFake,
}
PRESS_S = 10.0
log = logging.getLogger(__name__)


async def session(runtime: Runtime[Config]) -> None:
    """For ever."""
    config, clock = dated(runtime.config, runtime.clock.now()), runtime.clock
    clocked = ClockedHouse(build(config), clock)
    house = clocked.house
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
            fake = _fake(house.batteries[name], settings, clock, number, clocked.catch_up)
            fakes[name] = await stack.enter_async_context(fake)
        appliances = {
            name: await stack.enter_async_context(_socket(clocked, name, settings, clock, number))
            for number, (name, settings) in enumerate(config.sockets.items())
        }
        if config.roof_meter is not None:
            await stack.enter_async_context(_roof(clocked, config.roof_meter, clock))
        if (sky := config.weather) is not None:
            await stack.enter_async_context(_sky(clocked, sky, clock, config.pv_peak_w))
        if config.annex is not None:
            await stack.enter_async_context(annex(config.annex, clock, runtime.site.zone, config.seed))
        relays = await _relays(stack, runtime, clocked)
        teleinformation = await _tempo(stack, runtime)
        log.info("the house stands: P1 on ports %d (v1) and %d (v2)", meter.http_port, meter.https_port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(JournalFile(config.journal, house, meter, {**fakes, **appliances, **relays}).run(clock))
            for lodger in lodgers(config.pzem, clocked, runtime.mqtt, clock):
                tasks.create_task(lodger.stay())
            tasks.create_task(_live(runtime, meter, config.meter.button_pressed))
            for relay in relays.values():
                tasks.create_task(relay.run())
            for program in teleinformation:
                tasks.create_task(program.run())


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


def _socket(house: ClockedHouse, name: str, settings: SimulatedSocket, clock: Clock, number: int) -> SocketFake:
    return SocketFake(
        house.house.switched[name],
        house,
        clock,
        serial=f"3c39e7000a{number:02x}",
        hardware=settings.hardware,
        host=settings.host,
        http_port=settings.http_port,
    )


def _roof(house: ClockedHouse, settings: SimulatedRoofMeter, clock: Clock) -> KwhFake:
    return KwhFake(
        of_production(house),
        clock,
        phases=settings.phases,
        host=settings.host,
        http_port=settings.http_port,
        https_port=settings.https_port,
    )


def _sky(house: ClockedHouse, settings: SimulatedWeather, clock: Clock, peak_w: float) -> WeatherFake:
    return WeatherFake(house, clock, peak_w=peak_w, host=settings.host, http_port=settings.http_port)


async def _relays(stack: AsyncExitStack, runtime: Runtime[Config], house: ClockedHouse) -> dict[str, RelayFake]:
    """What lives on the broker, over a connection of its own."""
    if not runtime.config.relays:
        return {}
    air = await stack.enter_async_context(BrokerAir(runtime.mqtt, runtime.account, "relays", runtime.clock))
    return {
        name: KINDS[settings.kind](house.house.switched[name], house, air, runtime.clock, settings.topic)
        for name, settings in runtime.config.relays.items()
    }


async def _tempo(stack: AsyncExitStack, runtime: Runtime[Config]) -> list[TicFake]:
    """What tells of Tempo days. Returns whatever speaks by itself."""
    settings, clock = runtime.config.tempo, runtime.clock
    if settings is None:
        return []
    days = Days(runtime.site.zone, runtime.config.seed, settings.colours)
    await stack.enter_async_context(EcoDeviceFake(days, clock, host=settings.host, http_port=settings.box_port))
    await stack.enter_async_context(WebFake(days, clock, host=settings.host, http_port=settings.web_port))
    if settings.topic is None:
        return []
    air = await stack.enter_async_context(Foreign(runtime.mqtt, runtime.account, "teleinformation", clock))
    return [TicFake(days, air, clock, settings.preset, settings.topic)]


async def _live(runtime: Runtime[Config], meter: P1Fake, button_pressed: bool) -> None:
    """Turn for the health check; press the button for those who pair."""
    async for _ in runtime.clock.every(PRESS_S):
        runtime.health.turned(PRESS_S)
        if button_pressed:
            meter.press_button()

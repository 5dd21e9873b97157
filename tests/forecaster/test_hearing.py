"""What is taken from the bus: powers with our signs, a forecast of another program, and nothing of strangers."""

import asyncio
from contextlib import suppress

import pytest

from common.clock import Clock
from common.contract import (
    BATTERY_STATE,
    FORECAST,
    METER_STATE,
    PV_STATE,
    BatteryState,
    EvState,
    Forecast,
    ForecastSlot,
    LoadState,
    MeterState,
    Payload,
    PvState,
    RequestState,
    SwitchState,
)
from common.memory_bus import MemoryBroker
from services.forecaster.hearing import Hearing, power_w, promise
from services.forecaster.means import House
from tests.forecaster.days import NOON_S
from tests.forecaster.home import PEAK_W, config


@pytest.mark.parametrize(
    ("state", "told_w"),
    [
        (MeterState(power_w=-812.5), -812.5),
        (PvState(production_w=1500.0), 1500.0),
        (BatteryState(power_w=-300.0), -300.0),
        (SwitchState(on=True, power_w=1990.0), 1990.0),
        (LoadState(power_w=700.0), 700.0),
        (EvState(connected=True, power_w=3600.0), 3600.0),
        (PvState(production_w=1500.0, quality="stale"), None),
        (MeterState(power_w=5.0, quality="bad"), None),
        (PvState(production_w=1500.0, quality="estimated"), 1500.0),
        (SwitchState(on=True), None),
        (RequestState(value=5.0), None),
    ],
)
def test_the_power_of_a_state_or_that_it_is_not_known(state: Payload, told_w: float | None) -> None:
    assert power_w(state) == told_w


def slots(step_s: int, *watts: float) -> Forecast:
    made = (
        ForecastSlot(start_ms=(NOON_S + k * step_s) * 1000, end_ms=(NOON_S + (k + 1) * step_s) * 1000, p50_w=w)
        for k, w in enumerate(watts)
    )
    return Forecast(issued_ms=NOON_S * 1000, slots=tuple(made))


@pytest.mark.parametrize(
    ("forecast", "found"),
    [
        (slots(3600, 800), [800, 800, 800, 800]),
        (slots(300, 100, 200, 300), [200]),
        (slots(900, 100, 200), [100, 200]),
        (slots(600, 100, 200), [100 * 2 / 3 + 200 / 3]),
        (slots(900), []),
    ],
    ids=["hours", "five minutes", "quarters", "not all of a second quarter", "nothing"],
)
def test_another_program_s_steps_become_quarters(forecast: Forecast, found: list[float]) -> None:
    """Of twenty minutes only the first quarter is known, and it is in two parts."""
    raw_w = promise(forecast).raw_w
    assert list(raw_w.values()) == pytest.approx(found)
    assert list(raw_w) == [NOON_S + 900 * k for k in range(len(found))]


async def test_only_what_was_named_is_heard_and_nonsense_changes_nothing(
    memory_broker: MemoryBroker, clock: Clock
) -> None:
    bus, other = memory_broker.plug("ems-forecaster", "f", clock), memory_broker.plug("other", "o", clock)
    house = House(("roof",), "p1", ("garage",))
    hearing = Hearing(bus, config(source="topic", topic="quartz"), house)
    listening = asyncio.create_task(hearing.run())
    await clock.sleep(1)
    began_s = int(clock.wall_ms() / 1000 // 900 + 1) * 900
    await clock.sleep(began_s - clock.wall_ms() / 1000)
    for _ in range(31):
        await other.publish(PV_STATE.at("roof"), PvState(production_w=900.0))
        await other.publish(PV_STATE.at("neighbour"), PvState(production_w=5000.0))
        await other.publish(METER_STATE.at("p1"), MeterState(power_w=-100.0))
        await other.publish(BATTERY_STATE.at("garage"), BatteryState(power_w=300.0))
        await clock.sleep(1)  # of each topic the newest message waits
        memory_broker.publish("pv/roof/state", b'{"production_w": NaN}', True)
        memory_broker.publish("meter/p1/state", b"\xff" * 70_000, True)
        await clock.sleep(29)
    production_w = house.production_w(began_s, is_night=False)
    assert production_w == pytest.approx(900)
    assert house.load_w(began_s, production_w) == pytest.approx(500)
    await other.publish(FORECAST.at("stranger"), slots(900, 1.0))
    await other.publish(FORECAST.at("pv"), slots(900, 2.0))
    await clock.sleep(1)
    assert not hearing.told.take_news()
    await other.publish(FORECAST.at("quartz"), slots(900, 3.0))
    await clock.sleep(1)
    assert hearing.told.take_news()
    assert list(hearing.told.promise.raw_w.values()) == [3.0]
    dark = slots(900, *[0.0] * 40)
    await other.publish(FORECAST.at("quartz"), dark)
    await clock.sleep(1)
    assert not hearing.told.take_news(), "no light from noon to ten at night"
    assert "dark" in hearing.told.why
    await other.publish(FORECAST.at("quartz"), slots(900, 900_000.0))
    await clock.sleep(1)
    assert list(hearing.told.promise.raw_w.values()) == [1.2 * PEAK_W], "F37: a megawatt is as much as the roof can"
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening

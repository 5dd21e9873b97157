"""Both ways, with a Domoticz that echoes: in one process, and over a real broker."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from common.bus import MqttBus
from common.clock import Clock
from common.contract import ALERT, METER_STATE, SETTING, SETTING_REQUEST, MeterState
from common.foreign import Foreign
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from common.others import Others
from services.domoticz.bridge import exchange
from services.domoticz.config import Config
from tests.air import MemoryAir
from tests.brokers import Broker
from tests.domoticz.gateway import Domoticz, settled
from tests.guests import retained
from tests.household import serving

ACCOUNT = "ems-domoticz"
SECTION: dict[str, Any] = {  # as an owner writes it
    "push": [
        {"idx": 12, "device": "meter/p1", "kind": "p1"},
        {"idx": 13, "device": "meter/p1", "kind": "usage", "part": "export"},
    ],
    "take": [
        {"idx": 20, "setting": "mode", "kind": "selector", "levels": {"0": "off", "10": "auto", "20": "manual"}},
        {"idx": 21, "setting": "target_grid_w", "kind": "setpoint"},
        {"idx": 22, "setting": "force_minutes/boiler", "kind": "switch", "when_on": "60", "when_off": "0"},
    ],
}
CONFIG = Config.model_validate_json(json.dumps(SECTION))


def exchanging(bus: Bus, others: Others, folder: Path) -> AbstractAsyncContextManager[None]:
    """The service, until the block ends."""
    return serving("domoticz", CONFIG, bus, folder, lambda runtime: exchange(runtime, others))


class House:
    """A balancer that grants wishes, a meter, and a Domoticz."""

    def __init__(self, broker: MemoryBroker, clock: Clock, *, is_flat: bool = True) -> None:
        self.broker, self.clock = broker, clock
        self.air = MemoryAir(broker, clock)
        self.domoticz = Domoticz(MemoryAir(broker, clock), is_flat=is_flat)
        self.balancer = broker.plug("ems-balancer", "b0", clock)
        self.meter = broker.plug("ems-p1", "p0", clock)
        self.service = broker.plug(ACCOUNT, "d0", clock)
        self.asked: list[tuple[str, str]] = []
        self.refuses = False

    async def grant(self) -> None:
        """For ever: what is asked for is put in force."""
        inbox = await self.balancer.listen(SETTING_REQUEST)
        async for received in inbox:
            name = received.topic.removeprefix("balancer/main/set/")
            self.asked.append((name, received.payload.decode()))
            if not self.refuses:
                await self.setting(name, received.payload.decode())

    async def setting(self, name: str, value: str) -> None:
        """The balancer says what is in force."""
        await self.balancer.publish(SETTING.at("main", *name.split("/")), value)

    async def measure(self, power_w: float | None, age_s: float = 0.0) -> None:
        """The meter says something."""
        state = MeterState(power_w=power_w, energy_import_wh=8_123_456, energy_export_wh=2_345_678, water_m3=1.0)
        await self.meter.publish(METER_STATE.at("p1"), state, self.clock.wall_ms() - round(age_s * 1000))


@asynccontextmanager
async def house(broker: MemoryBroker, clock: Clock, folder: Path, *, is_flat: bool = True) -> AsyncIterator[House]:
    made = House(broker, clock, is_flat=is_flat)
    tasks = [asyncio.create_task(made.domoticz.run()), asyncio.create_task(made.grant())]
    await clock.sleep(0.1)
    async with exchanging(made.service, made.air, folder):
        await clock.sleep(2)
        yield made
    for task in tasks:
        await settled(task)


@pytest.mark.virtual
@pytest.mark.promise("3.10-19")
async def test_values_are_shown_with_a_keep_alive(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    async with house(memory_broker, clock, tmp_path) as home:
        for _ in range(62):
            await home.measure(-812.0)
            await clock.sleep(30)
        assert home.domoticz.shown[12] == (0, "8123456;0;2345678;0;0;812")
        assert home.domoticz.shown[13] == (0, "812")
        assert len([told for told in home.domoticz.updates if told["idx"] == 13]) == 2


async def test_what_is_old_or_unknown_is_not_shown(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    async with house(memory_broker, clock, tmp_path) as home:
        await home.measure(500.0, age_s=200)
        await clock.sleep(15)
        await home.measure(None)
        await clock.sleep(100)
        assert not home.domoticz.updates


@pytest.mark.promise("3.10-10")
@pytest.mark.parametrize("is_flat", [True, False])
async def test_switches_selectors_and_set_points_ask_the_balancer(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path, is_flat: bool
) -> None:
    async with house(memory_broker, clock, tmp_path, is_flat=is_flat) as home:
        await home.domoticz.moved(20, 2, "20", Level=20)
        await home.domoticz.moved(21, 0, "-50.00")
        await home.domoticz.moved(22, 1)
        await clock.sleep(20)
        assert home.asked == [("mode", "manual"), ("target_grid_w", "-50"), ("force_minutes/boiler", "60")]


async def test_its_echo_asks_for_nothing(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    async with house(memory_broker, clock, tmp_path) as home:
        await home.setting("mode", "auto")
        await home.setting("target_grid_w", "0")
        await clock.sleep(60)
        assert home.domoticz.shown[20] == (2, "10")
        assert home.asked == []
        assert len(home.domoticz.updates) == 2


async def test_what_another_page_changes_is_shown(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    async with house(memory_broker, clock, tmp_path) as home:
        await home.setting("mode", "auto")
        await clock.sleep(10)
        await home.setting("mode", "off")
        await clock.sleep(10)
        assert home.domoticz.shown[20] == (0, "0")
        assert home.asked == []


async def test_a_wish_that_is_refused_is_shown_as_refused(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    async with house(memory_broker, clock, tmp_path) as home:
        await home.setting("target_grid_w", "0")
        await clock.sleep(10)
        home.refuses = True
        await home.domoticz.moved(21, 0, "99999999")
        await clock.sleep(10)
        assert home.domoticz.shown[21] == (0, "0")
        assert len(home.asked) == 1


async def test_somebody_who_thinks_better_of_it_at_once_is_heard(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    async with house(memory_broker, clock, tmp_path) as home:
        await home.setting("mode", "auto")
        await clock.sleep(10)
        home.refuses = True  # and slow
        await home.domoticz.moved(20, 2, "20", Level=20)
        await clock.sleep(1)
        await home.domoticz.moved(20, 2, "10", Level=10)
        await clock.sleep(1)
        assert home.asked == [("mode", "manual"), ("mode", "auto")]


async def test_what_domoticz_kept_is_no_wish(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    memory_broker.publish("domoticz/out/20", json.dumps({"idx": 20, "nvalue": 2, "Level": 20}).encode(), True)
    async with house(memory_broker, clock, tmp_path, is_flat=False) as home:
        await home.setting("mode", "auto")
        await clock.sleep(10)
        assert home.asked == []
        assert home.domoticz.shown[20] == (2, "10")


async def test_a_message_left_on_its_topic_is_taken_back(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    left = {"command": "switchlight", "idx": 3, "switchcmd": "On", "nvalue": 1, "svalue": ""}
    memory_broker.publish("domoticz/in", json.dumps(left).encode(), True)
    async with house(memory_broker, clock, tmp_path):
        await clock.sleep(5)
        assert "domoticz/in" not in memory_broker.retained
        assert ALERT.at(ACCOUNT, "leftover").name in memory_broker.retained


@pytest.mark.e2e
@pytest.mark.promise("3.10-19")
async def test_over_a_real_broker_values_are_shown_and_wishes_asked(
    broker: Broker, clock: Clock, tmp_path: Path
) -> None:
    settings = broker.settings
    async with (
        MqttBus(settings, ACCOUNT, "cafe01", clock) as bus,
        MqttBus(settings, "ems-p1", "p0", clock, guest=True) as meter,
        Foreign(settings, ACCOUNT, "gateway", clock) as others,
        Foreign(settings, "domoticz", "itself", clock) as theirs,
    ):
        asked = await meter.listen(SETTING_REQUEST)
        for each in (bus.ready, meter.ready, others.ready, theirs.ready):
            await each.wait()
        domoticz = Domoticz(theirs)
        living = asyncio.create_task(domoticz.run())
        async with exchanging(bus, others, tmp_path), clock.timeout(300):
            while 12 not in domoticz.shown:
                state = MeterState(power_w=640.0, energy_import_wh=8_123_456, energy_export_wh=2_345_678)
                await meter.publish(METER_STATE.at("p1"), state)
                await clock.sleep(1)
            assert domoticz.shown[12] == (0, "8123456;0;2345678;0;640;0")
            await domoticz.moved(20, 2, "20", Level=20)
            received = await asked.next()
            assert (received.topic, received.payload) == ("balancer/main/set/mode", b"manual")
        assert "domoticz/in" not in await retained(settings)  # the older program left its last order there for ever
        await settled(living)

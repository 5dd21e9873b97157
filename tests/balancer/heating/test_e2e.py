"""Radiators behind Tasmota relays on a real broker: bridge, balancer, and a person who saves power."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from common.alerts import Alerts
from common.bus import MqttBus
from common.clock import Clock
from common.config import SiteSettings
from common.foreign import Foreign
from common.health import Health
from common.service import Runtime
from common.store import Store
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.relay.bridge import care
from services.relay.config import Config as RelayConfig
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import House, PlainAppliance, Steps, SwitchedLoad
from services.simulator.relay import TasmotaFake
from services.simulator.relay.air import BrokerAir
from tests.balancer.heating.radiators import member, rotation
from tests.brokers import Broker
from tests.guests import Guest, guest

ROOMS = ("tv", "office", "bath")
GROUP = "ems/balancer/main/group/heating"
INVERTED = "bath"
"""Its relay is on the pilot wire, behind a diode: closed is off, open is comfort."""
TASMOTAS = {
    name: {"topic": f"tasmota_{name}", "inverted": name == INVERTED, "dead_man_s": None if name == INVERTED else 120}
    for name in ROOMS
}
REQUESTS = {f"{name}_wish": {"heat": {"topic": f"thermostat/{name}"}} for name in ROOMS}


@asynccontextmanager
async def house(broker: Broker, clock: Clock, folder: Path) -> AsyncIterator[tuple[Guest, dict[str, TasmotaFake]]]:
    """Three radiators, their bridge, a balancer that leads, and a person."""
    physics = ClockedHouse(House(Steps(300), Steps(0), {}), clock)
    config = rotation(
        *(member(room, request=f"{room}_wish") for room in ROOMS), limit={"active_by_mode": (2, 1, 0), "relax_s": 0.0}
    )
    async with (
        BrokerAir(broker.settings, "devices", "themselves", clock) as air,
        Foreign(broker.settings, "ems-relay", "devices", clock) as others,
        MqttBus(broker.settings, "ems-relay", "r0", clock) as relay_bus,
        MqttBus(broker.settings, "ems-balancer", "b0", clock) as bus,
        guest(broker.settings, "ems/#") as person,
    ):
        fakes = {
            name: TasmotaFake(SwitchedLoad(PlainAppliance(1000)), physics, air, clock, f"tasmota_{name}")
            for name in ROOMS
        }
        with Store(folder / "relay.sqlite", clock, "ems-relay") as store:
            runtime = Runtime(
                name="relay", account="ems-relay", site=SiteSettings(), mqtt=broker.settings, data_dir=folder,
                config=RelayConfig.model_validate_json(json.dumps({"tasmota": TASMOTAS, "requests": REQUESTS})),
                clock=clock, bus=relay_bus, alerts=Alerts(relay_bus), store=store, health=Health("relay"),
            )  # fmt: skip
            mind = Mind(config, SiteSettings(), SettingsBook(config))
            mind.lead(clock.wall_ms())
            leader = Leader(mind, bus)
            works = [
                others.hold(),
                care(runtime, others),
                leader.listen(),
                leader.tick(),
                *(f.run() for f in fakes.values()),
            ]
            tasks = [asyncio.create_task(work) for work in works]
            yield person, fakes
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def heating(fakes: dict[str, TasmotaFake]) -> set[str]:
    """Who may heat: a pilot wire by its contact's opposite."""
    return {name for name, fake in fakes.items() if fake.is_on is not (name == INVERTED)}


async def until(clock: Clock, holds: Callable[[], bool], limit_s: float = 15.0) -> None:
    """Return as soon as it does."""
    async with clock.timeout(limit_s):
        while not holds():
            await clock.sleep(0.01)


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("1.10-03")
@pytest.mark.promise("1.10-09")
async def test_a_lower_limit_is_obeyed_by_the_relays_within_a_second(
    broker: Broker, clock: Clock, tmp_path: Path
) -> None:
    async with house(broker, clock, tmp_path) as (person, fakes):
        for room in ROOMS:
            await person.say(f"thermostat/{room}", "ON", retain=True)
        await until(clock, lambda: len(heating(fakes)) == 2)
        took_s = []
        for name, value, most in (("saving_mode", "1", 1), ("saving_mode", "2", 0), ("away", "on", 0)):
            told_s = clock.monotonic()
            await person.say(f"ems/balancer/main/set/{name}", value)
            await until(clock, lambda most=most: len(heating(fakes)) == most)  # type: ignore[misc]  # bound at once
            took_s.append(clock.monotonic() - told_s)
            if value == "2":
                await person.say("ems/balancer/main/set/saving_mode", "0")
                await until(clock, lambda: len(heating(fakes)) == 2)
        assert min(took_s) <= 1.0, "the best of three: a machine that is busy with other tests may be late once"
        assert fakes[INVERTED].is_on, "off on a pilot wire is a closed contact"
        await person.hears(lambda heard: heard.topic == GROUP and json.loads(heard.payload)["requested"] == "000")

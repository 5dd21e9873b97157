"""The balancer's process is killed in the middle of a turn: started again, it goes on with the same turn."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from common.bus import MqttBus
from common.clock import SystemClock
from common.contract import REQUEST_STATE, RequestState
from common.store import Store
from services.balancer.lead import KEEP_S, TICK_S
from services.cli.troupe import Troupe
from tests.balancer.stage import Energy, FakeSwitch
from tests.brokers import Broker
from tests.guests import REAL, Guest, guest

RATE = 10.0
ROOMS = ("office", "tv")
GROUP = "ems/balancer/main/group/heating"
PATIENCE_S = 60.0


def sections(broker: Broker, folder: Path) -> dict[str, object]:
    """One of two may heat, for an hour at a time."""
    members = [{"output": room, "request": f"{room}_wish", "power_w": 1000} for room in ROOMS]
    limit = {"active_by_mode": [1, 0], "relax_s": 0}
    group = {"kind": "rotation", "step_s": 3600, "members": members, "limit": limit}
    return {
        "mqtt": {"host": "127.0.0.1", "port": broker.port, "protocol": broker.settings.protocol},
        "data_dir": str(folder / "data"),
        "balancer": {"order": ["heating"], "groups": {"heating": group}},
    }


class House:
    """Two radiators, and thermostats that say their wishes again and again."""

    def __init__(self, bus: MqttBus, store: Store) -> None:
        energy = Energy(bus.clock)
        self.switches = {room: FakeSwitch(bus, store, energy, room, period_s=5.0) for room in ROOMS}
        self.asking: set[str] = set()
        self._bus = bus

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as tasks:
            for switch in self.switches.values():
                tasks.create_task(switch.run())
            tasks.create_task(self._wish())

    async def _wish(self) -> None:
        async for _ in self._bus.clock.every(5.0):
            for room in ROOMS:
                await self._bus.publish(REQUEST_STATE.at(f"{room}_wish"), RequestState(on=room in self.asking))


@asynccontextmanager
async def played(broker: Broker, clock: SystemClock, folder: Path) -> AsyncIterator[tuple[House, Guest]]:
    """The house, and somebody who listens."""
    with Store(folder / "house.sqlite", clock, "house") as store:
        async with (
            MqttBus(broker.settings, "ems-relay", "r0", clock) as bus,
            guest(broker.settings, "ems/#") as person,
        ):
            house = House(bus, store)
            living = asyncio.create_task(house.run())
            try:
                yield house, person
            finally:
                living.cancel()
                await asyncio.gather(living, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Wait in real time."""
    async with REAL.timeout(PATIENCE_S):
        while not holds():
            await REAL.sleep(0.05)


@pytest.mark.promise("1.10-06")
async def test_killed_within_a_turn_it_goes_on_with_the_same_turn(broker: Broker, tmp_path: Path) -> None:
    """The one listed first asks later: who knew nothing of the turn would give it to that one."""
    epoch_ms = REAL.wall_ms()
    clock = SystemClock(RATE, epoch_ms)
    (tmp_path / "ballast.yaml").write_bytes(orjson.dumps(sections(broker, tmp_path)))
    scale = {"BALLAST_CLOCK_RATE": str(RATE), "BALLAST_CLOCK_EPOCH_MS": str(epoch_ms)}
    troupe = Troupe(tmp_path, {**os.environ, "BALLAST_CONFIG": str(tmp_path / "ballast.yaml"), **scale}, REAL)
    async with played(broker, clock, tmp_path) as (house, person):
        switches = house.switches

        def groups() -> list[dict[str, str]]:
            return [json.loads(said) for said in person.payloads(GROUP) if said]

        try:
            await troupe.start_service("balancer")
            house.asking = {"tv"}
            await until(lambda: switches["tv"].on)
            house.asking = set(ROOMS)
            await until(lambda: groups()[-1]["requested"] == "11")
            await clock.sleep(KEEP_S + 2 * TICK_S)
            assert groups()[-1]["live"] == "01"
            boot = groups()[-1]["boot"]
            await troupe.kill("balancer")
            await troupe.start_service("balancer")
            await until(lambda: groups()[-1]["boot"] != boot and "1" in groups()[-1]["live"])
            assert groups()[-1]["live"] == "01"
            await until(lambda: switches["tv"].on)
            assert not switches["office"].switched
        finally:
            await troupe.end()

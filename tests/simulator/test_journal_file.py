"""What was done to the devices is written down, and forgotten in memory."""

import asyncio
import json
from pathlib import Path

from common.clock import Clock
from common.memory_bus import MemoryBroker
from services.simulator.clocked import ClockedHouse
from services.simulator.journal_file import JournalFile
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import House, PlainAppliance, Steps, SwitchedLoad
from services.simulator.relay import ShellyGen1Fake
from tests.air import MemoryAir


async def test_a_relays_orders_and_movements_are_lines_of_the_file(clock: Clock, tmp_path: Path) -> None:
    broker, pump = MemoryBroker(), SwitchedLoad(PlainAppliance(600))
    house = ClockedHouse(House(Steps(300), Steps(0), {}, {"pump": pump}), clock)
    fake = ShellyGen1Fake(pump, house, MemoryAir(broker, clock), clock)
    fake.auto_off_s = 3.0
    file = tmp_path / "journal.jsonl"
    journal = JournalFile(file, house.house, P1Fake(house.house, clock), {"pump": fake})
    lives = [asyncio.create_task(each) for each in (fake.run(), journal.run(clock))]
    await clock.sleep(1.0)
    broker.publish(f"{fake.root}/relay/0/command", b"on", False)
    await clock.sleep(8.0)
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    done = [(line["what"], line.get("who")) for line in lines if line.get("device") == "pump"]
    assert done == [("told", None), ("armed", None), ("moved", "mqtt"), ("moved", "timer")]
    assert fake.journal.entries == []

"""A house with a P1 dongle, and a bridge that may read it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.clock import Clock
from common.memory_bus import MemoryBroker
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import House, Noise, Steps
from tests.p1.rig import SITE, Rig


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[P1Fake]:
    """A dongle on a house that draws about 600 W and never quite the same."""
    house = House(Noise(Steps(600.0), 40.0), Steps(0.0), {})
    async with P1Fake(house, clock, zone=SITE.zone) as fake:
        yield fake


@pytest.fixture
async def rig(fake: P1Fake, clock: Clock, memory_broker: MemoryBroker, tmp_path: Path) -> Rig:
    """Everything a bridge needs, and a witness of what it says."""
    rig = Rig(fake, clock, memory_broker, tmp_path)
    memory_broker.watch(rig.hear)
    return rig

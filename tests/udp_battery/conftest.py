"""What the tests of the Marstek bridge may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.clock import Clock
from tests.udp_battery.home import Home


@pytest.fixture
async def home(clock: Clock, tmp_path: Path) -> AsyncIterator[Home]:
    """A house without batteries yet; it stops the bridge at the end."""
    async with Home(clock, tmp_path) as home:
        yield home

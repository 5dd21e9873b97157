"""What the tests of the Victron bridge may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.clock import Clock
from tests.victron.home import Home


@pytest.fixture
async def home(clock: Clock, tmp_path: Path) -> AsyncIterator[Home]:
    """A house with a GX; it stops the bridge at the end."""
    async with Home(clock, tmp_path) as home:
        yield home

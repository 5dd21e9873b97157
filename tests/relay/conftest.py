"""What the tests of the relay bridge may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.clock import Clock
from tests.relay.home import Home


@pytest.fixture
async def home(clock: Clock, tmp_path: Path) -> AsyncIterator[Home]:
    """A house without devices yet; it stops the bridge at the end."""
    async with Home(clock, tmp_path) as home:
        yield home

"""What the tests of the tariff may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.clock import Clock
from tests.tempo.home import Home


@pytest.fixture
async def home(clock: Clock, tmp_path: Path) -> AsyncIterator[Home]:
    """A house whose sources nobody has named yet; it stops the service at the end."""
    async with Home(clock, tmp_path) as home:
        yield home

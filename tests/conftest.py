"""What every test may ask for: a clock that jumps, a broker that is real."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from common.clock import Clock, JumpClock, JumpLoop, SystemClock
from common.memory_bus import MemoryBroker
from tests import limits
from tests.brokers import MOSQUITTO, WITHOUT, Broker, start_broker
from tests.promises import numbers

settings.register_profile("quick", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=20_000)
settings.load_profile("quick")  # the other one: pytest --hypothesis-profile=thorough

OTHERS = {"broker", "guarded"}
"""Fixtures that are processes of their own."""
E2E_LIMIT_S = 120.0
SHARED = Path(__file__).parents[2] / "shared"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Async tests run in virtual time, or in idle-jump time where a process besides ours has to answer.

    Within our own process what is sent is there at once, and what a thread does is waited for by the clock's `busy`.
    Those marked `real_time` run on the machine's clock.
    """
    if item.get_closest_marker("real_time"):
        return {"real": asyncio.SelectorEventLoop}
    if OTHERS.isdisjoint(getattr(item, "fixturenames", ())) or item.get_closest_marker("virtual"):
        return {"virtual": lambda: JumpLoop(JumpClock())}
    return {"jump": lambda: JumpLoop(JumpClock(grace_s=0.002))}


def pytest_configure(config: pytest.Config) -> None:
    """No test, and nothing that it leaves to be cleaned up, holds up the others."""
    config.pluginmanager.register(limits, "limits")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A mark that names a promise which does not exist ends the run before it begins. Whole services take longer."""
    for item in items:
        numbers(item)
        if item.get_closest_marker("e2e") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(E2E_LIMIT_S))


def pytest_report_header() -> str:
    """Say on which broker the end-to-end tests run."""
    return f"broker: {MOSQUITTO}" if MOSQUITTO else f"broker: the embedded one. {WITHOUT}; tests of those are skipped."


@pytest.fixture
async def clock() -> Clock:
    """The clock of the loop this test runs on."""
    loop = asyncio.get_running_loop()
    return loop.clock if isinstance(loop, JumpLoop) else SystemClock()


@pytest.fixture
def memory_broker() -> MemoryBroker:
    """A broker inside the process."""
    return MemoryBroker()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A real broker of this test's own, on a random port of the loopback, open to anybody."""
    with start_broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def shared() -> Path:
    """The recorded devices and houses, where this checkout has them beside it."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside this checkout: the recorded samples cannot be read")
    return SHARED

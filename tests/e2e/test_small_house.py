"""A small machine is enough: everything of a PZEM house in one process, held against arithmetic of the same machine."""

from pathlib import Path
from timeit import repeat

import pytest

from tests.bench.small_house import measure

RATE = 10.0
MOST_MB = 100.0
"""Of the 512 MB that a Pi Zero 2 has; `make bench` says how much it really is."""
MOST_REFERENCES = 2.0
"""Adding a million numbers takes a Pi Zero 2 a fifth of a second: this is less than half of one of its four cores."""


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("3.10-23")
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process uses is read from Linux' /proc")
async def test_a_house_takes_little_memory_and_little_time_per_second() -> None:
    seen = await measure(60.0, 80.0, RATE)
    reference_s = min(repeat(lambda: sum(range(1_000_000)), number=1, repeat=5))
    assert seen.words > 20, "it did not regulate, so what it used says nothing"
    assert seen.peak_mb <= MOST_MB
    assert seen.cpu_s_per_s <= MOST_REFERENCES * reference_s

"""A slice of the drill that `make kills` runs in full."""

from pathlib import Path

import pytest

from tests.faults.kills import drill


@pytest.mark.e2e
def test_whoever_is_killed_comes_back_and_no_promise_is_broken(tmp_path: Path) -> None:
    """Balancer and bridge, each killed once with -9 in the middle of their work."""
    done = drill(2, seed=3, rate=8.0, folder=tmp_path)
    assert done.judge.violations == []
    assert [kill.victim for kill in done.kills if kill.back_s is None] == []

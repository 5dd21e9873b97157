"""Waiting for something real without guessing how long it takes."""

import time
from collections.abc import Callable


def until(holds: Callable[[], bool], what: str, limit_s: float = 30.0) -> None:
    """Return as soon as `holds()`; fail with `what` if it never does. For threads and processes, not for coroutines."""
    deadline_s = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline_s, f"waited {limit_s:g} s in vain until {what}"
        time.sleep(0.005)

"""Cancellations that would be lost, found again.

A task group that has an error of its own to report, and `asyncio.wait_for` of Python 3.11 when its answer comes at
the same moment, both keep a cancellation to themselves. Whoever goes round in a loop behind one of them, catching
what it catches, would never end.

So such a loop does each round as a task of its own, `await asyncio.create_task(…)`, and heeds what came meanwhile.
The task matters: up to Python 3.12 a task group may also leave a cancellation behind that nobody asked for.
"""

import asyncio


def cancellations() -> int:
    """How often the running task has been asked to end."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


def heed(known: int = 0) -> None:
    """Raise CancelledError if the running task has been asked to end more often than was `known`."""
    if cancellations() > known:
        raise asyncio.CancelledError

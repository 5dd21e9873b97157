"""Reads a growing file of JSON lines, as the simulated house writes it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

from common.clock import Clock

EACH_S = 0.5


async def follow(path: Path, clock: Clock, take: Callable[[Mapping[str, object]], None]) -> None:
    """For ever: hand on each new line once it is complete."""
    position, rest = 0, b""
    async for _ in clock.every(EACH_S):
        fresh = _read_from(path, position)
        position += len(fresh)
        *lines, rest = (rest + fresh).split(b"\n")
        for line in filter(None, lines):
            take(orjson.loads(line))


def _read_from(path: Path, position: int) -> bytes:
    """What a local file holds from a position on; nothing while it does not exist."""
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read()
    except FileNotFoundError:
        return b""

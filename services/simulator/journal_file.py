"""The journals of all fakes and the state of the house, as JSON lines in one file, for a judge in another process."""

from collections.abc import Mapping, MutableSequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from common.clock import Clock
from services.simulator.homewizard import SocketFake
from services.simulator.marstek import MarstekFake
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import House
from services.simulator.relay import RelayFake

SAMPLE_S = 0.2
FLUSH_SAMPLES = 5


class JournalFile:
    """Appends what is new, then forgets it: a house that runs for weeks keeps no history in memory."""

    def __init__(
        self, path: Path | None, house: House, meter: P1Fake, fakes: Mapping[str, MarstekFake | RelayFake | SocketFake]
    ) -> None:
        self._path = path
        self._house = house
        self._sources: dict[str, MutableSequence[Any]] = {
            "p1": meter.journal.entries
        }  # entries of several kinds, told apart below
        self._sources |= {name: fake.journal.entries for name, fake in fakes.items()}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")

    async def run(self, clock: Clock) -> None:
        """For ever: sample the house, drain the journals."""
        lines: list[bytes] = []
        async for _ in clock.every(SAMPLE_S):
            lines.append(orjson.dumps(self._sample(clock.monotonic())))
            if len(lines) >= FLUSH_SAMPLES:
                self._append([*lines, *self._drained()])
                lines.clear()

    def _sample(self, at_s: float) -> dict[str, object]:
        house = self._house
        return {
            "at_s": at_s,
            "what": "house",
            "load_w": round(house.load_w, 1),
            "grid_w": round(house.grid_w, 1),
            "production_w": round(house.production_w, 1),
            "switched_w": {name: round(load.power_w, 1) for name, load in house.switched.items()},
            "batteries_w": {name: round(battery.power_w, 1) for name, battery in house.batteries.items()},
        }

    def _drained(self) -> list[bytes]:
        lines = []
        for device, entries in self._sources.items():
            lines += [orjson.dumps(_line(device, entry)) for entry in entries if self._path is not None]
            entries.clear()
        return lines

    def _append(self, lines: list[bytes]) -> None:
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(b"\n".join(lines) + b"\n")


def _line(device: str, entry: Any) -> dict[str, object]:  # a frozen entry of one of the fakes' journals
    flat = {field.name: getattr(entry, field.name) for field in fields(entry)}
    simple = {name: value for name, value in flat.items() if isinstance(value, str | float | int | None)}
    return {"device": device, "what": type(entry).__name__.lower(), **simple}

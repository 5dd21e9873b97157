"""A Domoticz, as far as its MQTT gateway goes: it shows what it is told, and tells what changes, its own echo too."""

import asyncio
import json
from typing import Any

from common.others import Others


class Domoticz:
    """Devices by their idx. Its JSON has line breaks and many members, as the real one's."""

    def __init__(self, air: Others, *, is_flat: bool = True) -> None:
        self.shown: dict[int, tuple[int, str]] = {}
        self.updates: list[dict[str, Any]] = []  # whatever anybody sends it
        self._air, self._is_flat = air, is_flat
        self._numbers = iter(range(10_000))

    async def run(self) -> None:
        """For ever."""
        inbox = await self._air.hear("domoticz/in", lane=lambda _: str(next(self._numbers)))
        async for received in inbox:
            await self._told(received.payload)

    async def moved(self, idx: int, nvalue: int, svalue: str = "", **more: object) -> None:
        """Somebody switches or sets a device in its page."""
        self.shown[idx] = nvalue, svalue
        await self._echo(idx, nvalue, svalue, **more)

    async def _told(self, payload: bytes) -> None:
        try:
            told = json.loads(payload)
        except ValueError:
            return
        assert isinstance(told["svalue"], str), "another type makes the real one reject the whole message"
        assert isinstance(told["nvalue"], int)
        self.updates.append(told)
        self.shown[told["idx"]] = told["nvalue"], told["svalue"]
        await self._echo(told["idx"], told["nvalue"], told["svalue"])

    async def _echo(self, idx: int, nvalue: int, svalue: str, **more: object) -> None:
        parts = {f"svalue{number}": part for number, part in enumerate(svalue.split(";"), 1)}
        body = {
            "Battery": 255, "LastUpdate": "2026-04-18 11:00:00", "RSSI": 12, "description": "", "dtype": "Usage",
            "hwid": "2", "id": f"0001406{idx}", "idx": idx, "name": f"device {idx}", "nvalue": nvalue,
            "org_hwid": "2", "stype": "Electric", "unit": 1, **parts, **more,
        }  # fmt: skip
        topic = "domoticz/out" if self._is_flat else f"domoticz/out/{idx}"
        await self._air.say(topic, json.dumps(body, indent=3))


async def settled(work: asyncio.Task[None]) -> None:
    """End a task."""
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)

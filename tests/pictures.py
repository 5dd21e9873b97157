"""`python -m tests.pictures` makes what the documentation shows: a demonstration in the terminal, and the page."""

import asyncio
import os
import re
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console

from common.clock import SystemClock
from common.config import MqttSettings, load
from common.watcher import Watcher
from services.cli.registry import sections
from services.cli.view import draw
from services.cli.watch import each, guest
from tests.web.browser import Tab
from tests.web.test_browser import DESKTOP, FILLED, PHONE, seen

DOCS = Path(__file__).parents[1] / "docs"
WIDTH = 112
LASTS_S = 75.0
BEGINS_S = 20.0
TITLE = "Ballast · http://127.0.0.1:28080 · MQTT port 21883 · Ctrl-C ends"


async def terminal() -> bytes:
    """A demonstration after a minute, as its own view draws it."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "demo", "--json"), env={**os.environ, "TMPDIR": folder}
        )
        try:
            await clock.sleep(BEGINS_S)
            async with guest(_settings(Path(folder)), clock) as bus:
                watcher = Watcher(bus, lane=each())
                watching = asyncio.create_task(watcher.run())
                await clock.sleep(LASTS_S)
                watching.cancel()
        finally:
            process.terminate()
            await process.wait()
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(draw(watcher.scene, clock.wall_ms(), TITLE, WIDTH))
    return _at_home(console.export_svg(title="ballast demo")).encode()


def _settings(folder: Path) -> MqttSettings:
    """How to reach the demonstration's broker."""
    (file,) = folder.glob("ballast-demo-*/ballast.yaml")
    return load(file, sections(), {}).mqtt


def _at_home(svg: str) -> str:
    """With fonts that are there, none from the internet."""
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono")


async def phone(tab: Tab, place: str) -> bytes:
    """The page in light colours."""
    await tab.look(*PHONE, phone=True)
    await tab.go(place)
    await tab.until(FILLED)
    return await tab.picture()


async def desktop(tab: Tab) -> bytes:
    """The same page in dark colours."""
    await tab.look(*DESKTOP, dark=True)
    return await tab.picture()


async def pictures() -> dict[str, bytes]:
    """Each by the name of its file."""
    with tempfile.TemporaryDirectory() as folder:
        async with seen(Path(folder)) as (tab, _, place):
            made = {"page-phone.png": await phone(tab, place), "page-desktop.png": await desktop(tab)}
    return {**made, "demo.svg": await terminal()}


if __name__ == "__main__":
    for name, picture in asyncio.run(pictures()).items():
        (DOCS / name).write_bytes(picture)
        sys.stdout.write(f"{DOCS / name}: {len(picture) / 1000:.0f} kB\n")

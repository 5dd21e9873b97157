"""`python -m tests.web.pictures`: the page as Chromium shows it, on a phone and on a desk, for the documentation."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.web.test_browser import DESKTOP, FILLED, PHONE, seen

DOCS = Path(__file__).parents[2] / "docs"


async def pictures() -> dict[str, bytes]:
    """Each by the name of its file."""
    with tempfile.TemporaryDirectory() as folder:
        async with seen(Path(folder)) as (tab, _, place):
            await tab.look(*PHONE, phone=True)
            await tab.go(place)
            await tab.until(FILLED)
            phone = await tab.picture()
            await tab.look(*DESKTOP, dark=True)
            return {"page-phone.png": phone, "page-desktop.png": await tab.picture()}


if __name__ == "__main__":
    for name, picture in asyncio.run(pictures()).items():
        (DOCS / name).write_bytes(picture)
        sys.stdout.write(f"{DOCS / name}: {len(picture) / 1000:.0f} kB\n")

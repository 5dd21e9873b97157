"""A Chromium without a window, asked over its own protocol: https://chromedevtools.github.io/devtools-protocol/"""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import aiohttp

from common.clock import Clock, SystemClock

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WITHOUT: Final = "Chromium is not installed"
FLAGS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-port=0", "about:blank",
)  # fmt: skip
START_S: Final = 30.0
ANSWER_S: Final = 20.0
END_S: Final = 5.0
Json = dict[str, Any]  # what the protocol says


class Tab:
    """One page of it, and what it complained about."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse, clock: Clock) -> None:
        self._line, self._clock = line, clock
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self.complaints: list[str] = []

    async def hear(self) -> None:
        """For ever."""
        async for said in self._line:
            message = json.loads(said.data)
            if "id" in message:
                self._waiting.pop(message["id"]).set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                self.complaints.append(str(message["params"]["exceptionDetails"]))
            elif message["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled"):
                entry = message["params"].get("entry", message["params"])
                if entry.get("level", entry.get("type")) in ("error", "warning"):
                    self.complaints.append(str(entry.get("text", entry)))

    async def do(self, method: str, **parameters: object) -> Json:
        """One word of the protocol, and its answer."""
        number = next(self._numbers)
        self._waiting[number] = answered = asyncio.get_running_loop().create_future()
        await self._line.send_json({"id": number, "method": method, "params": parameters})
        async with self._clock.timeout(ANSWER_S):
            answer = await answered
        assert "error" not in answer, (method, answer["error"])
        result: Json = answer["result"]
        return result

    async def find(self, script: str) -> Any:  # whatever the script finds
        """What a script in the page comes to."""
        found = await self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def until(self, script: str, limit_s: float = ANSWER_S) -> Any:
        """Wait until a script in the page comes to something true; what that is."""
        began_s = self._clock.monotonic()
        while not (found := await self.find(script)):
            assert self._clock.monotonic() - began_s < limit_s, f"waited {limit_s:g} s in vain until {script}"
            await self._clock.sleep(0.05)
        return found

    async def go(self, address: str) -> None:
        """Open a page."""
        await self.do("Page.navigate", url=address)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def look(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        """Be a screen of this size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        await self.do("Emulation.setDeviceMetricsOverride", **size)
        colours = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.do("Emulation.setEmulatedMedia", features=colours)

    async def picture(self) -> bytes:
        """What is to be seen, as a PNG."""
        shot = await self.do("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    async def press(self, key: str, code: int, text: str = "") -> None:
        """A key of the keyboard."""
        for kind in ("keyDown", "keyUp"):
            await self.do("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Tab]:
    """A browser with one tab, on real time, for the block."""
    assert CHROMIUM is not None
    clock = SystemClock()
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, f"--user-data-dir={folder}", *FLAGS, stdout=quiet, stderr=quiet
    )
    try:
        port = await _port(folder, process, clock)
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{port}/json") as told,
            http.ws_connect((await _first_tab(told))["webSocketDebuggerUrl"], max_msg_size=0) as line,
        ):
            tab = Tab(line, clock)
            hearing = asyncio.create_task(tab.hear())
            for domain in ("Page", "Runtime", "Log", "Network"):
                await tab.do(f"{domain}.enable")
            yield tab
            hearing.cancel()
    finally:
        await _end(process, clock)


async def _end(process: asyncio.subprocess.Process, clock: Clock) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with clock.timeout(END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _port(folder: Path, process: asyncio.subprocess.Process, clock: Clock) -> str:
    """Where it listens: it writes that down when it is ready."""
    note, began_s = folder / "DevToolsActivePort", clock.monotonic()
    while not (note.exists() and "\n" in note.read_text()):
        assert process.returncode is None, "Chromium did not start"
        assert clock.monotonic() - began_s < START_S, "Chromium is not ready in time"
        await clock.sleep(0.05)
    return note.read_text().splitlines()[0]


async def _first_tab(told: aiohttp.ClientResponse) -> Json:
    tabs: list[Json] = await told.json()
    return next(tab for tab in tabs if tab["type"] == "page")

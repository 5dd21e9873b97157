"""The watcher that keeps the scene, and the page that shows it; one waits for neither the other nor the broker."""

import asyncio
from pathlib import Path
from typing import Final

from aiohttp import web

from common.alerts import Alerts
from common.errors import BallastError
from common.service import Runtime
from common.watcher import Watcher
from services.web.config import Config
from services.web.door import Door
from services.web.page import Page

AGAIN_S: Final = 10.0
LOOK_S: Final = 5.0
FAREWELL_S: Final = 1.0


async def session(runtime: Runtime[Config]) -> None:
    """Until cancelled."""
    watcher = Watcher(runtime.bus)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watcher.run())
        tasks.create_task(_keep_open(runtime, watcher))


async def _keep_open(runtime: Runtime[Config], watcher: Watcher) -> None:
    """Serve the page; while that cannot be, say why and try again."""
    while True:
        try:
            page = Page(runtime.bus, watcher.scene, Door(_password(runtime)), runtime.mqtt.base)
            await _serve(runtime, page)
        except (_Closed, OSError) as error:
            why = str(error) if isinstance(error, _Closed) else _port_trouble(runtime.config, error)
            runtime.health.trouble = why
            await runtime.alerts.set("closed", f"The page cannot be shown: {why}", error=True)
        runtime.health.turned(AGAIN_S)
        await runtime.clock.sleep(AGAIN_S)


async def _serve(runtime: Runtime[Config], page: Page) -> None:
    runner = web.AppRunner(page.application(), access_log=None, shutdown_timeout=FAREWELL_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, runtime.config.host, runtime.config.port).start()
        runtime.health.trouble = None
        await runtime.alerts.clear("closed")
        async for _ in runtime.clock.every(LOOK_S):
            runtime.health.turned(LOOK_S)
            await _mind_the_door(runtime.alerts, page.door, runtime.clock.monotonic())
    finally:
        page.close()
        await runner.cleanup()


async def _mind_the_door(alerts: Alerts, door: Door, now_s: float) -> None:
    text = "Somebody tries passwords at the page."
    advice = "If it is not you: see who is on your network, and that the page cannot be reached from the internet."
    await alerts.say("guessing", door.is_besieged(now_s), text, advice)


class _Closed(BallastError):
    """There is no password, and the page may not be open to everybody."""


def _password(runtime: Runtime[Config]) -> str:
    """The page's password is its account's: it gives the same rights. Raises _Closed."""
    if runtime.config.open:
        return ""
    folder = runtime.mqtt.password_dir
    if folder is None:
        raise _Closed("it has no password. Write password_dir under mqtt, or open: true under web to do without.")
    return _read(folder / runtime.account)


def _read(path: Path) -> str:
    try:
        password = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _Closed(f"its password cannot be read from {path} ({type(error).__name__}).") from error
    if not password:
        raise _Closed(f"{path} is empty. `ballast setup` makes a password.")
    return password


def _port_trouble(config: Config, error: OSError) -> str:
    return f"{config.host}:{config.port} cannot be used ({error.strerror or error}). Write another port under web."

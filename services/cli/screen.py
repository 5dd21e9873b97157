"""The screen of `ballast top`: the picture of the house, and below it the conversation."""

import asyncio
import sys
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.layout import Layout
from rich.live import Live
from rich.text import Text

from common.asking import ask
from common.clock import Clock
from common.config import Loaded
from common.messaging import Bus
from common.watcher import Watcher
from services.cli.keys import keys
from services.cli.talk import MENU, QUIT, Talk, Wish
from services.cli.view import draw
from services.cli.watch import guest

LOOK_S: Final = 0.5
READ_S: Final = 10.0
"""So long an answer can be read."""
LINES: Final = 2


async def watch(loaded: Loaded, clock: Clock, account: str | None) -> None:
    """Show the house on this process's terminal until somebody quits."""
    try:
        async with guest(loaded.mqtt, clock, account) as bus, keys(sys.stdin.fileno()) as pressed:
            top = Top(bus, f"{loaded.mqtt.host}:{loaded.mqtt.port}")
            with Live(console=Console(), screen=True, auto_refresh=False) as live:
                await top.run(pressed, live)
    except* _Quit:
        pass


class _Quit(Exception):  # an end, not a fault
    """Raised when somebody has had enough."""


@dataclass
class Top:
    """What is seen, and the conversation below it."""

    bus: Bus
    broker: str
    watcher: Watcher = field(init=False)
    talk: Talk = field(init=False)
    _answered_s: float | None = None
    """When an answer was shown that is still to be read."""

    def __post_init__(self) -> None:
        self.watcher = Watcher(self.bus)
        self.talk = Talk(self.watcher.scene.settings)

    async def run(self, pressed: "asyncio.Queue[str]", live: Live) -> None:
        """Watch, draw and heed keys. Raises _Quit, in a group, when somebody quits."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.watcher.run())
            tasks.create_task(self._draw(live))
            while True:
                key = await pressed.get()
                if key in QUIT and not (key == "q" and self.talk.is_asking):
                    raise _Quit
                if wishes := self.press(key):
                    tasks.create_task(self.ask(wishes))
                self._show(live)

    def press(self, key: str) -> list[Wish]:
        """Take a key. Returns what is to be asked for."""
        self._answered_s = None
        return self.talk.press(key)

    async def ask(self, wishes: list[Wish]) -> None:
        """Ask for one after the other, as long as they are granted; the last answer is shown."""
        for setting, value in wishes:
            answer = await ask(self.bus, self.watcher.scene, setting, value, self.bus.clock)
            if not self.talk.is_asking:
                self.talk.line, self._answered_s = answer.text, self.bus.clock.monotonic()
            if not answer.granted:
                return

    def picture(self, width: int) -> Layout:
        """The whole screen."""
        if self._answered_s is not None and self.bus.clock.monotonic() - self._answered_s > READ_S:
            self.talk.line, self._answered_s = MENU, None
        line = f"MQTT {self.broker}" if self.bus.ready.is_set() else f"no connection to the broker at {self.broker}"
        screen = Layout()
        screen.split_column(Layout(name="house"), Layout(name="talk", size=LINES))
        screen["house"].update(draw(self.watcher.scene, self.bus.clock.wall_ms(), f"Ballast · {line}", width))
        screen["talk"].update(Text(self.talk.line, style="bold"))
        return screen

    async def _draw(self, live: Live) -> None:
        async for _ in self.bus.clock.every(LOOK_S):
            self._show(live)

    def _show(self, live: Live) -> None:
        live.update(self.picture(live.console.width), refresh=True)

"""Keys as they are pressed, from a terminal that does not wait for Enter."""

import asyncio
import os
import re
import termios
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

MOST_BYTES: Final = 256
ARROWS: Final = re.compile(r"\x1b[\[O][0-9;]*[A-Za-z~]")
"""They and the function keys mean nothing here."""


@asynccontextmanager
async def keys(fd: int) -> AsyncIterator["asyncio.Queue[str]"]:
    """The keys of terminal `fd`, each a character, for the block; then it is as it was."""
    pressed: asyncio.Queue[str] = asyncio.Queue()
    before = termios.tcgetattr(fd)
    loop = asyncio.get_running_loop()

    def read() -> None:
        text = os.read(fd, MOST_BYTES).decode(errors="ignore")
        if not text:
            loop.remove_reader(fd)
        for key in ARROWS.sub("", text):
            pressed.put_nowait(key)

    tty.setcbreak(fd, termios.TCSANOW)
    try:
        loop.add_reader(fd, read)
        yield pressed
    finally:
        loop.remove_reader(fd)
        termios.tcsetattr(fd, termios.TCSADRAIN, before)

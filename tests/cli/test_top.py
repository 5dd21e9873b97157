"""`ballast top`: sees a house from MQTT alone, asks by keyboard, and leaves the terminal as it was."""

import asyncio
import io
import os
import pty
import sys
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from common.asking import refusal
from common.clock import Clock
from common.memory_bus import MemoryBroker
from services.cli.__main__ import run
from services.cli.keys import keys
from services.cli.screen import READ_S, Top
from services.cli.talk import MENU
from tests.web.home import REFUSED, Home


class Sitting:
    """Somebody before the terminal."""

    def __init__(self, top: Top, home: Home, clock: Clock) -> None:
        self.top, self.home, self.clock = top, home, clock
        self.pressed: asyncio.Queue[str] = asyncio.Queue()
        self.console = Console(file=io.StringIO(), width=110, height=50, force_terminal=True, color_system=None)
        self.live = Live(console=self.console, screen=True, auto_refresh=False)

    async def type(self, text: str) -> None:
        """Press these keys, and wait until what they ask for is answered."""
        for key in text:
            self.pressed.put_nowait(key)
        await self.clock.sleep(1)

    def seen(self) -> str:
        """What stands on the screen."""
        with self.console.capture() as caught:
            self.console.print(self.top.picture(110))
        return caught.get()


@pytest.fixture
async def sitting(memory_broker: MemoryBroker, clock: Clock) -> AsyncIterator[Sitting]:
    bus, home = memory_broker.plug("operator", "o0", clock), Home(memory_broker.plug("ems-balancer", "b0", clock))
    made = Sitting(Top(bus, "pi:1883"), home, clock)
    await home.tell()
    tasks = [asyncio.create_task(work) for work in (home.grant(), made.top.run(made.pressed, made.live))]
    await clock.sleep(1)
    yield made
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.virtual
async def test_the_house_its_devices_its_decisions_and_its_alerts_are_seen(sitting: Sitting) -> None:
    text = sitting.seen()
    assert "Ballast · MQTT pi:1883 · mode auto" in text
    assert "cellar_battery does less than it was told. Look at its app." in text
    for name in ("garage_battery", "water_heater", "pool_pump", "car", "roof"):
        assert any(line.split()[:1] == [name] for line in text.splitlines()), name
    assert "is kept off because you asked for it" in text
    assert MENU in text


@pytest.mark.virtual
async def test_what_is_asked_by_keyboard_is_answered_below(sitting: Sitting) -> None:
    await sitting.type("f1\r30\r800\r")
    assert sitting.home.asked == [("force_power_w/water_heater", "800"), ("force_minutes/water_heater", "30")]
    assert "force_minutes/water_heater is now 30." in sitting.seen()
    await sitting.type("s9\r")
    assert refusal("saving_mode", REFUSED) in sitting.seen()
    await sitting.clock.sleep(READ_S + 1)
    assert MENU in sitting.seen()


@pytest.mark.virtual
async def test_what_was_refused_is_not_followed_by_more(sitting: Sitting) -> None:
    sitting.home.refuses = {"manual_minutes": "9999"}
    await sitting.type("p500\r9999\r")
    assert sitting.home.asked == [("manual_minutes", "9999")]


@pytest.mark.virtual
async def test_q_is_a_letter_while_an_answer_is_typed(sitting: Sitting) -> None:
    await sitting.type("pq")
    assert "q▏" in sitting.seen()


@pytest.mark.virtual
async def test_a_broker_that_is_away_is_said(sitting: Sitting) -> None:
    sitting.top.bus.ready.clear()
    assert "no connection to the broker at pi:1883" in sitting.seen()


@pytest.mark.parametrize("key", ["q", "\x04"])
@pytest.mark.virtual
async def test_somebody_quits(memory_broker: MemoryBroker, clock: Clock, key: str) -> None:
    sitting = Sitting(
        Top(memory_broker.plug("operator", "o0", clock), "pi:1883"), Home(memory_broker.plug("b", "b", clock)), clock
    )
    running = asyncio.create_task(sitting.top.run(sitting.pressed, sitting.live))
    await sitting.type(key)
    assert running.done()
    with pytest.raises(ExceptionGroup):
        running.result()


@pytest.mark.real_time
async def test_keys_come_one_by_one_arrows_mean_nothing_and_the_terminal_is_left_as_it_was(clock: Clock) -> None:
    theirs, ours = pty.openpty()
    before = termios.tcgetattr(ours)
    try:
        async with keys(ours) as pressed, clock.timeout(20):
            os.write(theirs, "\x1b[A\x1bOPfé\x1b".encode())
            assert [await pressed.get() for _ in range(3)] == ["f", "é", "\x1b"]
        assert termios.tcgetattr(ours) == before
    finally:
        os.close(theirs)
        os.close(ours)


def test_without_a_terminal_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["top"]) == 2
    assert "`ballast record` writes lines" in capsys.readouterr().err


def test_without_what_it_draws_with_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setitem(sys.modules, "services.cli.screen", None)
    assert run(["top"]) == 1
    assert "pip install 'ballast[demo]'" in capsys.readouterr().err


def test_a_password_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    (tmp_path / "ballast.yaml").write_text("mqtt: {password_dir: secrets}\n")
    assert run(["top", "--config", str(tmp_path / "ballast.yaml")]) == 1
    assert f"{tmp_path / 'secrets' / 'operator'} cannot be read" in capsys.readouterr().err

"""`ballast demo --json` as a person runs it: one object on stdout, nobody left behind, broken promises told."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from common.clock import SystemClock
from common.config import Loaded, load
from common.contract import COMMAND, Command, Envelope, encode
from services.cli.echo import ASK
from services.cli.registry import sections
from tests.guests import Guest, guest

KEYS = {
    *("ok", "duration_s", "services", "messages", "decisions", "commands", "acks", "violations"),
    *("grid_w", "settle_s", "latency_ms", "rss_mb"),
}
PARTS = {
    "grid_w": {"mean_abs", "rms_steady"},
    "settle_s": {"p50", "p95"},
    "latency_ms": {"meter_to_cmd_p50", "meter_to_cmd_p99", "echo_p50", "echo_p99"},
    "rss_mb": {"broker", "simulator", "p1", "udp_battery", "balancer", "echo"},
}
HEALTHY = dict.fromkeys(("p1", "udp_battery", "balancer", "simulator"), "healthy")
SPEED = 8
STOP_S = 20.0
REAL = SystemClock()
pytestmark = [pytest.mark.e2e, pytest.mark.real_time]


@dataclass
class Demo:
    """A running demonstration."""

    process: asyncio.subprocess.Process
    folder: Path
    """Where it puts its own."""

    async def house(self) -> Loaded:
        """Its configuration, once its services have come to life."""
        while not (found := [*self.folder.glob("ballast-demo-*/balancer.log")]):
            await REAL.sleep(0.02)
        return load(found[0].with_name("ballast.yaml"), sections(), {})

    async def ended(self) -> tuple[Any, str]:
        """The object on stdout, and what was complained about."""
        out, complaint = await self.process.communicate()
        (line,) = out.splitlines()
        return orjson.loads(line), complaint.decode()

    def left(self) -> list[Path]:
        """The files it has left behind."""
        return [*self.folder.rglob("*")]

    def children(self) -> set[int]:
        """The processes that it has started and that are still there."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in found.read_text().split()} if found.exists() else set()

    def child(self, words: str) -> int:
        """The one whose command line ends so."""
        lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in self.children()}
        return next(pid for pid, line in lines.items() if line.replace("\0", " ").strip().endswith(words))


@contextlib.asynccontextmanager
async def demo(folder: Path, *words: str) -> AsyncIterator[Demo]:
    """One that is ended with the block, whatever happens in it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "demo", "--json", "--speed", f"{SPEED}", *words),
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    running = Demo(process, folder)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                async with REAL.timeout(STOP_S):
                    await process.communicate()
        if process.returncode is None:
            for pid in (*running.children(), process.pid):
                os.kill(pid, signal.SIGKILL)
            await process.wait()


async def plays(stranger: Guest, seconds: int = 1) -> None:
    """Wait until its services are well and it has listened so long: from then on it asks for an echo each second."""
    await stranger.hears(lambda _: len(stranger.payloads(ASK)) > seconds)


def order(epoch: int) -> bytes:
    """To charge with 500 W, from whoever leads with this epoch."""
    now_ms = REAL.wall_ms()
    command = Command(cmd_id=f"{epoch}-1", epoch=epoch, issued_at_ms=now_ms, ttl_s=30, action="set_power", power_w=500)
    return encode(Envelope(v=1, ts_ms=now_ms, seq=0, boot="old", src="ems-balancer"), command)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_it_ends_with_one_object_of_exactly_the_promised_keys(tmp_path: Path) -> None:
    async with demo(tmp_path, "--for", "2s") as running:
        summary, complaint = await running.ended()
    assert (running.process.returncode, complaint) == (0, "")
    assert summary.keys() == KEYS
    assert {name: set(summary[name]) for name in PARTS} == PARTS
    assert summary["ok"] is True
    assert summary["violations"] == []
    assert summary["services"] == HEALTHY
    assert 2.0 <= summary["duration_s"] < 4.0
    assert min(summary[name] for name in ("messages", "decisions")) > 0
    assert isinstance(summary["commands"], int)
    assert isinstance(summary["acks"], dict)
    assert all(size_mb > 1 for size_mb in summary["rss_mb"].values())
    assert running.left() == []


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
async def test_ctrl_c_even_twice_leaves_nobody_behind_and_a_broken_promise_is_told(tmp_path: Path) -> None:
    """Somebody else gives an order with an old epoch; then its viewer loses patience."""
    async with demo(tmp_path) as running:
        house = await running.house()
        async with guest(house.mqtt, ASK, "ems/battery/+/ack") as stranger:
            await plays(stranger)
            await stranger.say(f"ems/{COMMAND.at('battery', 'garage_battery').name}", order(epoch=1))
            await stranger.hears(lambda heard: b'"rejected"' in heard.payload)
            await plays(stranger, len(stranger.payloads(ASK)) + 1)  # by then the demonstration has heard it too
        children = running.children()
        assert len(children) == 6
        running.process.send_signal(signal.SIGINT)
        await REAL.sleep(0.05)
        running.process.send_signal(signal.SIGINT)
        summary, complaint = await running.ended()
    assert running.process.returncode == 1
    assert [text for text in summary["violations"] if text.startswith("I4 fence: garage_battery rejected an order")]
    assert "a promise was broken: I4 fence: garage_battery" in complaint
    assert "Traceback" not in complaint
    assert [pid for pid in children if is_alive(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
async def test_a_service_that_dies_ends_it_with_a_sentence(tmp_path: Path) -> None:
    async with demo(tmp_path) as running:
        house = await running.house()
        async with guest(house.mqtt, ASK) as stranger:
            await plays(stranger)
        victim = running.child("run balancer")
        os.kill(victim, signal.SIGKILL)
        summary, complaint = await running.ended()
    assert running.process.returncode == 1
    assert summary["ok"] is False
    assert complaint.startswith("balancer ended with status -9")
    assert "Traceback" not in complaint

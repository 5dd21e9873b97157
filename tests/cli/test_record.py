"""`ballast record` on a real broker: everything that is said, whole lines, whatever is said and whenever it ends."""

import asyncio
import io
import os
import signal
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from common.clock import SystemClock
from services.cli.__main__ import run
from services.cli.record import record
from services.cli.recording import Line, read
from tests.brokers import Broker
from tests.guests import guest
from tests.outside import started

SAID = (
    ("ems/meter/p1/state", b'{"v":1,"power_w":5.0}', True),
    ("ems/battery/garage/availability", b"online", True),
    ("ems/battery/garage/ack", b"\xff\x00\xfe", False),
    ("ems/battery/cellar/ack", b"x" * 65_000, False),
    ("ems/battery/attic/ack", b"[" * 300, False),
    ("ems/alert/ems-p1/silent", b"", True),
)
LARGE = b'{"a":"' + b"x" * 50_000 + b'"}'


def yaml(broker: Broker) -> str:
    settings = broker.settings
    return f"mqtt: {{host: 127.0.0.1, port: {settings.port}, protocol: {settings.protocol}}}\n"


def lines(raw: bytes) -> list[Line]:
    return list(read(raw.splitlines(), "out"))


def recording(
    folder: Path, *words: str, stdout: int | None = None
) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    """`ballast record`, as a process of its own."""
    env = {"BALLAST_CONFIG": str(folder / "ballast.yaml")}
    command = ("-m", "services.cli", "record", *words)
    return started(*command, env=env, stdout=stdout, stderr=asyncio.subprocess.PIPE)


@pytest.mark.real_time
async def test_everything_is_recorded_in_order_and_what_was_kept_is_marked(broker: Broker) -> None:
    out = io.BytesIO()
    clock = SystemClock()
    async with guest(broker.settings) as stranger:
        await stranger.say("ems/battery/garage/control", b'{"v":1}', retain=True)
        writing = asyncio.create_task(record(broker.settings, clock, out, None))
        while b"control" not in out.getvalue():
            await clock.sleep(0.01)
        began_ms = clock.wall_ms()
        for topic, payload, retain in SAID:
            await stranger.say(topic, payload, retain=retain)
        while b"alert" not in out.getvalue():
            await clock.sleep(0.01)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    kept, *live = lines(out.getvalue())
    assert (kept.topic, kept.payload, kept.retain) == ("battery/garage/control", {"v": 1}, True)
    assert [(f"ems/{line.topic}", line.bytes(), line.retain) for line in live] == [
        (topic, payload, False) for topic, payload, _ in SAID
    ]
    times_ms = [line.t_ms for line in live]
    assert times_ms == sorted(times_ms)
    assert began_ms <= times_ms[0] <= times_ms[-1] <= clock.wall_ms()


@pytest.mark.real_time
@pytest.mark.e2e
async def test_ctrl_c_leaves_whole_lines(broker: Broker, tmp_path: Path) -> None:
    """In the middle of a stream of large messages."""
    (tmp_path / "ballast.yaml").write_text(yaml(broker))
    out = tmp_path / "out.jsonl"
    async with recording(tmp_path, "--out", str(out)) as recorder, guest(broker.settings) as stranger:
        while not out.exists() or out.stat().st_size < 200_000:
            assert recorder.returncode is None
            await stranger.say("ems/battery/garage/ack", LARGE, qos=0)
            await SystemClock().sleep(0.002)
        recorder.send_signal(signal.SIGINT)
        for _ in range(20):
            await stranger.say("ems/battery/garage/ack", LARGE, qos=0)
        _, complaint = await recorder.communicate()
    raw = out.read_bytes()
    assert recorder.returncode == 0
    assert raw.endswith(b"\n")
    assert complaint == f"{len(lines(raw))} messages recorded\n".encode()


@pytest.mark.real_time
@pytest.mark.e2e
async def test_a_reader_that_has_had_enough_ends_it(broker: Broker, tmp_path: Path) -> None:
    """`ballast record | head -1`: no complaint beside the count."""
    (tmp_path / "ballast.yaml").write_text(yaml(broker))
    ours, its = os.pipe()
    async with recording(tmp_path, stdout=its) as recorder, guest(broker.settings) as stranger:
        os.close(its)
        os.close(ours)
        while recorder.returncode is None:
            await stranger.say("ems/battery/garage/ack", b"{}", qos=0)
            await SystemClock().sleep(0.02)
        _, complaint = await recorder.communicate()
    assert (recorder.returncode, complaint) == (0, b"0 messages recorded\n")


@pytest.mark.real_time
def test_the_time_to_record_can_be_told(
    broker: Broker, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "ballast.yaml").write_text(yaml(broker))
    assert run(["record", "--for", "0.3s", "--config", str(tmp_path / "ballast.yaml")]) == 0
    assert capfdbinary.readouterr() == (b"", b"0 messages recorded\n")


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ballast.yaml").write_text("mqtt: {host: 127.0.0.1}\n")
    status = run(["record", "--out", str(tmp_path / "no" / "out"), "--config", str(tmp_path / "ballast.yaml")])
    assert status == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err

"""A memory on disk that survives its process, and a process that survives its disk."""

import asyncio
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from common import metrics
from common.clock import Clock, JumpClock
from common.store import Store
from tests.virtual import virtually

NOBODY = 65534
PUT_FOR_EVER = """
import asyncio, itertools, pathlib, sys
from common.clock import SystemClock
from common.store import Store

async def fill(store):
    for number in itertools.count():
        await store.put(f"key {number % 50}", number)
        print(number, flush=True)

with Store(pathlib.Path(sys.argv[1]), SystemClock(), "x") as store:
    asyncio.run(fill(store))
"""
FILL_UP = """
import asyncio, pathlib, resource, sys
from common.clock import SystemClock
from common.store import Store

def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def fill(store):
    assert await store.put("before", "x" * 1000)
    room(50_000)
    assert not await store.put("too much", "x" * 100_000)
    assert store.get("too much") == "x" * 100_000
    assert not await store.put("meanwhile", 1)
    room(resource.RLIM_INFINITY)
    assert await store.put("after", 2)

with Store(pathlib.Path(sys.argv[1]), SystemClock(), "x") as store:
    asyncio.run(fill(store))
"""
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=10,
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "p1.sqlite"


@contextmanager
def opened(path: Path, clock: Clock | None = None) -> Iterator[Store]:
    with Store(path, clock or JumpClock(), "ems-p1") as store:
        yield store


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# Remembering


async def test_what_was_put_is_there_after_a_restart(path: Path, clock: Clock) -> None:
    with opened(path, clock) as store:
        assert await store.put("epoch", {"epoch": 7, "holder": "ems-balancer/aaaaaa"})
    with opened(path) as store:
        assert store.get("epoch") == {"epoch": 7, "holder": "ems-balancer/aaaaaa"}


def test_what_was_never_put_is_none(path: Path) -> None:
    with opened(path) as store:
        assert store.get("epoch") is None


@settings(max_examples=20)  # each opens two files
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, max_size=5))
def test_any_json_comes_back_as_it_was(values: dict[str, JsonValue]) -> None:
    async def keep(clock: JumpClock) -> None:
        with opened(Path(folder) / "x.sqlite", clock) as store:
            for key, value in values.items():
                assert await store.put(key, value)

    with tempfile.TemporaryDirectory() as folder:
        virtually(keep)
        with opened(Path(folder) / "x.sqlite") as store:
            assert {key: store.get(key) for key in values} == values


async def test_of_puts_at_the_same_time_the_last_one_stays(path: Path, clock: Clock) -> None:
    with opened(path, clock) as store:
        assert all(await asyncio.gather(*(store.put(f"key {number % 7}", number) for number in range(200))))
    with opened(path) as store:
        assert [store.get(f"key {number}") for number in range(7)] == [196, 197, 198, 199, 193, 194, 195]


async def test_a_put_that_was_cancelled_does_not_overtake_a_later_one(path: Path, clock: Clock) -> None:
    with opened(path, clock) as store:
        for number in range(20):
            early = asyncio.create_task(store.put("key", f"early {number}"))
            await asyncio.sleep(0)  # noqa: TID251  # the put must have begun and not have ended
            early.cancel()
            await store.put("key", f"late {number}")
    with opened(path) as store:
        assert store.get("key") == "late 19"


async def test_writing_does_not_hold_up_the_loop(path: Path, clock: Clock) -> None:
    """A disk that takes its time is waited for in a thread."""
    with opened(path, clock) as store:
        await store.put("key", 0)
        with sqlite3.connect(path) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(store.put("key", 1))
            await clock.sleep(0.1)
            assert not writing.done()
            assert store.get("key") == 1
            other.rollback()
        other.close()
        assert await writing


# A process that dies


def test_whatever_was_said_to_be_kept_is_kept_when_the_process_is_killed(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PUT_FOR_EVER, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = [int(process.stdout.readline()) for _ in range(300)][-1]
        finally:
            process.kill()
        said = max([said, *(int(line) for line in process.stdout if line.endswith("\n"))])
    with opened(path) as store:
        kept = store.get(f"key {said % 50}")
        assert isinstance(kept, int)
        assert kept >= said


# A disk that fails


def test_a_full_disk_is_reported_gone_without_and_caught_up_with(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL_UP, path], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("cannot be written") == 1
    with opened(path) as store:
        assert store.get("too much") == "x" * 100_000
        assert (store.get("before"), store.get("meanwhile"), store.get("after")) == ("x" * 1000, 1, 2)


async def fill(path: Path, clock: Clock) -> None:
    with opened(path, clock) as store:
        for number in range(500):
            await store.put(f"key {number}", "x" * 100)


def spoil(path: Path, how: Callable[[bytes], bytes]) -> bytes:
    path.write_bytes(content := how(path.read_bytes()))
    return content


DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "rubbish": lambda content: b"\xde\xad" * 5000,
    "a text": lambda content: b"this is no database, but long enough to be taken for one" * 100,
    "half of it": lambda content: content[: len(content) // 2],
    "a hole": lambda content: content[:5000] + bytes(8000) + content[13000:],
    "a wrong header": lambda content: b"SQLite format 4\0" + content[16:],
    "no JSON": lambda content: content.replace(b'"xxxx', b"x!xxx"),
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    await fill(path, clock)
    content = spoil(path, DAMAGE[damage])
    with opened(path, clock) as store:
        assert store.get("key 0") is None
        assert await store.put("key 0", "new")
    assert path.with_suffix(".damaged").read_bytes() == content
    assert len(warnings(caplog)) == 1
    with opened(path) as store:
        assert store.get("key 0") == "new"


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_file_of_a_killed_process_is_gone_without_too(path: Path, clock: Clock, damage: str) -> None:
    """Its journal still lies beside it, and may even hold what the file has lost."""
    await leave_open(path, clock)
    spoil(path, DAMAGE[damage])
    with opened(path, clock) as store:
        assert store.get("key") in (1, None)
        assert await store.put("key", 2)
    with opened(path) as store:
        assert store.get("key") == 2


async def test_an_emptied_file_is_a_new_one(path: Path, clock: Clock) -> None:
    await fill(path, clock)
    spoil(path, lambda content: b"")
    with opened(path, clock) as store:
        assert store.get("key 0") is None
        assert await store.put("key 0", "new")


def a_folder_in_its_place(path: Path) -> None:
    path.mkdir(parents=True)


def a_file_for_a_folder(path: Path) -> None:
    path.parent.write_text("in the way")


@pytest.mark.parametrize("put_in_the_way", [a_folder_in_its_place, a_file_for_a_folder])
async def test_a_place_that_cannot_be_used_is_gone_without(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, put_in_the_way: Callable[[Path], None]
) -> None:
    put_in_the_way(path)
    with opened(path, clock) as store:
        assert not await store.put("key", 1)
        assert store.get("key") == 1
    assert len(warnings(caplog)) == 1


@contextmanager
def protected(folder: Path) -> Iterator[None]:
    """A folder that can be read and not written, also when the tests run as root."""
    folder.chmod(0o555)
    for file in folder.iterdir():
        file.chmod(0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.mark.parametrize("ended", ["in an orderly way", "killed"])
async def test_a_folder_that_became_read_only_is_still_read(
    clock: Clock, caplog: pytest.LogCaptureFixture, ended: str
) -> None:
    """What most SD cards do at the end of their life. The epoch in it still fences."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p1.sqlite"
        if ended == "killed":
            await leave_open(path, clock)
        else:
            with opened(path, clock) as store:
                await store.put("key", 1)
        with protected(Path(folder)), opened(path, clock) as store:
            assert store.get("key") == 1
            assert not await store.put("key", 2)
            assert store.get("key") == 2
    assert len(warnings(caplog)) == 1


async def leave_open(path: Path, clock: Clock) -> None:
    """A file with one key as a killed process leaves it: its journal lies beside it."""
    with tempfile.TemporaryDirectory() as elsewhere, opened(Path(elsewhere) / path.name, clock) as store:
        await store.put("key", 1)
        shutil.copytree(elsewhere, path.parent, dirs_exist_ok=True)


async def test_failures_are_counted(path: Path, clock: Clock) -> None:
    def failures() -> float:
        return metrics.REGISTRY.get_sample_value("ems_store_failures_total", {"service": "ems-p1"}) or 0

    with opened(path, clock) as store:
        await store.put("key", 0)
        with sqlite3.connect(path) as other:
            other.execute("DROP TABLE memory")
        other.close()
        before = failures()
        assert not await store.put("key", 1)
        assert failures() == before + 1

"""The processes of the demonstration: started in order, watched, ended in the opposite order."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from common.clock import Clock
from services.cli.configured import Unusable

READY_S = 60.0
STOP_S = 12.0
POLL_S = 0.1
TAIL_LINES = 15


class Troupe:
    """Child processes, each with a log of its own in `folder`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], clock: Clock) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._clock = clock
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    async def start(self, name: str, command: list[str]) -> None:
        """Start one process."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = await asyncio.create_subprocess_exec(
                *command, stdout=log, stderr=log, env=self._environment, start_new_session=True
            )

    async def start_service(self, name: str) -> None:
        """Start one of our services."""
        await self.start(name, [sys.executable, "-m", "services.cli", "run", name])

    async def healthy(self, ports: Mapping[str, int]) -> dict[str, str]:
        """Wait until each service says it is well, at most a minute. Returns what each says."""
        verdicts = dict.fromkeys(ports, "starting")
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
            deadline_s = self._clock.monotonic() + READY_S
            while self._clock.monotonic() < deadline_s and set(verdicts.values()) != {"healthy"}:
                for name, port in ports.items():
                    self.check(name)
                    verdicts[name] = await _health(http, name, port)
                await self._clock.sleep(POLL_S)
        return verdicts

    def check(self, name: str) -> None:
        """Raise Unusable, with the end of its log, if a process has ended."""
        process = self._processes[name]
        if process.returncode is not None:
            lines = (self._folder / f"{name}.log").read_text(errors="replace").splitlines()[-TAIL_LINES:]
            raise Unusable(f"{name} ended with status {process.returncode}:\n" + "\n".join(lines))

    def check_all(self) -> None:
        """The same for every process."""
        for name in self._processes:
            self.check(name)

    def pid(self, name: str) -> int:
        """The process's number."""
        return self._processes[name].pid

    async def kill(self, name: str) -> None:
        """As a power cut would. Raises Unusable, with the end of its log, if it has ended already."""
        self.check(name)
        self._processes[name].kill()
        await self._processes.pop(name).wait()

    def rss_mb(self) -> dict[str, float | None]:
        """Resident memory of each process in MB; None where the system does not tell."""
        return {name: _rss_mb(process.pid) for name, process in self._processes.items()}

    async def end(self) -> dict[str, int]:
        """End all, last started first; who does not end within 12 s is killed. Returns each one's exit status.

        Nobody is left behind, however often whoever waits for it is cancelled meanwhile.
        """
        ending = asyncio.ensure_future(self._end())
        while not ending.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(ending)
        return ending.result()

    async def _end(self) -> dict[str, int]:
        return {name: await self._end_one(process) for name, process in reversed(self._processes.items())}

    async def _end_one(self, process: asyncio.subprocess.Process) -> int:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with self._clock.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        return await process.wait()


async def _health(http: aiohttp.ClientSession, name: str, port: int) -> str:
    try:
        async with http.get(f"http://127.0.0.1:{port}/healthz?{name}") as answer:
            said: dict[str, dict[str, str | None]] = await answer.json()
    except (aiohttp.ClientError, TimeoutError):
        return "starting"
    return "healthy" if answer.status == 200 else str(said["services"].get(name))


def _rss_mb(pid: int) -> float | None:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)

"""Look at one device again and again: connect, look, wait, lose it, leave it alone for a while, connect again.

One connection and one question at a time. What is looked at and done is the `Care`'s business.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Final

from common.clock import Clock
from common.errors import DeviceError, DeviceUnreachable
from common.homewizard import LeafChanged, WrongDevice
from common.homewizard.report import Report
from common.homewizard.troubles import Trouble
from common.log import Once
from common.service import shielded
from services.homewizard.device import Device
from services.homewizard.keeper import Keeper
from services.homewizard.line import Line
from services.homewizard.troubles import explain

MOVED: Final = 3
"""Failures in a row after which the device may have another address."""
STALE_S: Final = 30.0
"""Without a good look for so long, and for three periods, it is not available."""
LOOKS_APART_S: Final = 0.5
"""The vendor asks for no less between two questions."""
LAST_WORDS_S: Final = 8.0
"""Most that an orderly stop waits for the device to be told."""
log = logging.getLogger(__name__)


class Care(ABC):
    """What is done about one device."""

    def __init__(self, report: Report, news: asyncio.Event | None = None) -> None:
        self.report = report
        self.news = news or asyncio.Event()
        """Set when the device should be looked at now; whoever looks clears it."""

    @abstractmethod
    async def look(self, line: Line, *, is_steady: bool) -> None:
        """Read it, tell it what it should do, say what was seen. `is_steady`: this connection has seen it before."""

    async def unreachable(self, trouble: Trouble, *, is_offline: bool) -> None:
        """It cannot be looked at; called at each failure, and when there is news meanwhile."""
        return  # nobody waits for what only measures

    async def farewell(self, line: Line) -> None:
        """The last word before an orderly stop."""
        return


class Visits:
    """The loop around one device."""

    def __init__(self, device: Device, care: Care, keeper: Keeper, poll_s: float) -> None:
        self._clock: Clock = care.report.bus.clock
        self.turned_s = self._clock.monotonic()
        """When the loop last went round."""
        self._device = device
        self._care = care
        self._keeper = keeper
        self._poll_s = poll_s
        self._once = Once(log)
        self._failures = 0
        self._trouble: Trouble | None = None
        self._good_s = self._clock.monotonic()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            pause = 0.0
            try:
                async with self._device.connected() as line:
                    await self._stay(line)
            except DeviceError as error:
                pause = await self._lost(error)
            await self._leave_alone(pause)

    async def _stay(self, line: Line) -> None:
        """Look at it for as long as it answers."""
        is_steady = False
        try:
            while True:
                self.turned_s = began_s = self._clock.monotonic()
                self._care.news.clear()
                await self._care.look(line, is_steady=is_steady)
                is_steady = True
                await self._well(began_s)
                await self._keeper.know(line.facts.serial)
                await self._wait(began_s + LOOKS_APART_S, began_s + (0.0 if line.is_pushed else self._poll_s))
        except asyncio.CancelledError:
            await shielded(self._care.farewell(line), self._clock, LAST_WORDS_S)
            raise

    async def _well(self, began_s: float) -> None:
        self._good_s = self._clock.monotonic()
        self._failures = 0
        self._once.over("lost", "%s answers again", self._care.report.device)
        self._care.report.polled(self._good_s - began_s)
        await self._care.report.availability(True)

    async def _lost(self, error: DeviceError) -> float:
        """It failed us. Returns how long to leave it alone."""
        self.turned_s = self._clock.monotonic()
        self._failures += 1
        report = self._care.report
        trouble = explain(error, report.device, self._device.host)
        report.count(trouble.name)
        self._once.trouble("lost", "%s: %s", report.device, error)
        if trouble.is_sure or self._failures > 1 or self._is_stale:
            await report.availability(False)
            await report.trouble(trouble)
        self._trouble = trouble
        await self._care.unreachable(trouble, is_offline=self._is_stale or trouble.is_sure)
        if self._failures >= MOVED and isinstance(error, DeviceUnreachable | WrongDevice | LeafChanged):
            await self._device.look_up()
        return trouble.pause_s(self._failures)

    @property
    def _is_stale(self) -> bool:
        return self._clock.monotonic() - self._good_s > max(STALE_S, 3 * self._poll_s)

    async def _leave_alone(self, pause_s: float) -> None:
        """Wait; orders that come meanwhile are answered, not carried out."""
        until_s = self._clock.monotonic() + pause_s
        while (left_s := until_s - self._clock.monotonic()) > 0:
            self._care.news.clear()
            await self._news_within(left_s)
            if self._care.news.is_set() and self._trouble is not None:
                is_offline = self._is_stale or self._trouble.is_sure
                await self._care.unreachable(self._trouble, is_offline=is_offline)
            self.turned_s = self._clock.monotonic()

    async def _wait(self, earliest_s: float, latest_s: float) -> None:
        """Until it is time to look again, or there is news."""
        await self._news_within(latest_s - self._clock.monotonic())
        await self._clock.sleep(earliest_s - self._clock.monotonic())

    async def _news_within(self, limit_s: float) -> None:
        try:
            async with self._clock.timeout(max(0.0, limit_s)):
                await self._care.news.wait()
        except TimeoutError:
            return

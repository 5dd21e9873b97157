"""Report the meter: each new reading at once, an old one never, and every trouble in the householder's words.

Two loops. `follow` connects, listens, loses the line and waits; `watch` notices what does not come any more.
"""

import asyncio
import logging
from contextlib import aclosing
from typing import Final

from common.errors import DeviceError, DeviceUnintelligible, DeviceUnreachable
from common.homewizard import LeafChanged, NoTelegram, WrongDevice, find
from common.homewizard.located import Locate
from common.log import Once
from common.service import Runtime, shielded
from services.p1.config import Config
from services.p1.device import Dongle
from services.p1.heard import Item
from services.p1.judge import Judge, Question, Reading
from services.p1.keeper import Keeper
from services.p1.line import Line
from services.p1.report import Report
from services.p1.troubles import FROZEN, explain

WATCH_S: Final = 5.0
STALE_S: Final = 30.0
"""Without a new reading for so long, and for three periods, the meter is not available."""
LISTENING_S: Final = 60.0
"""Longest turn of the main loop: a question and its repetitions."""
NONSENSE: Final = 5
"""So many answers in a row that make no sense end the line."""
MOVED: Final = 3
"""Failures in a row after which the dongle may have another address."""
log = logging.getLogger(__name__)


async def session(runtime: Runtime[Config], locate: Locate = find) -> None:
    """Report the meter until told to stop."""
    bridge = Bridge(runtime, locate)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bridge.follow())
            tasks.create_task(bridge.watch())
    finally:
        await shielded(bridge.farewell(), runtime.clock, 2.0)


class Bridge:
    """One meter, from the dongle to the bus."""

    def __init__(self, runtime: Runtime[Config], locate: Locate) -> None:
        config, self._clock = runtime.config, runtime.clock
        self._health = runtime.health
        self._report = Report(runtime.bus, runtime.alerts, config.id)
        self._judge = Judge(runtime.site.zone, config.max_power_w, self._clock.monotonic())
        self._keeper = Keeper(runtime.store, self._clock)
        self._keeper.recall(self._judge.ledger)
        self._dongle = Dongle(config, runtime.data_dir, self._clock, self._keeper.serial, locate)
        self._once = Once(log)
        self._said_s = self._clock.monotonic()
        self._listens_s = self._clock.monotonic()
        self._heard_s: float | None = None
        self._failures = 0
        self._nonsense = 0

    async def follow(self) -> None:
        """Connect, listen, lose the line, wait; for ever."""
        while True:
            pause = 0.0
            try:
                async with self._dongle.connected() as line:
                    await self._listen(line)
            except DeviceError as error:
                pause = await self._lost(error)
            self._health.turned(pause + LISTENING_S)
            await self._clock.sleep(pause)

    async def watch(self) -> None:
        """Notice that no new reading has come for too long, whatever the reason."""
        async for _ in self._clock.every(WATCH_S):
            now_s = self._clock.monotonic()
            limit_s = max(STALE_S, 3 * self._judge.pace.period_s)
            if now_s - self._said_s > limit_s:
                await self._report.availability(False)
            is_answering = self._heard_s is not None and now_s - self._heard_s <= limit_s
            if is_answering and now_s - max(self._judge.freshness.new_s, self._listens_s) > limit_s:
                await self._report.trouble(FROZEN)

    async def farewell(self) -> None:
        """What is still to be said and kept at an orderly stop."""
        await self._report.availability(False)
        await self._keeper.keep(self._judge.ledger, self._dongle.serial)

    async def _listen(self, line: Line) -> None:
        log.info("connected to the P1 dongle at %s, firmware %s", self._dongle.host, line.facts.firmware_version)
        self._listens_s = self._clock.monotonic()
        async with aclosing(line.heard()) as heard:
            async for item in heard:
                self._health.turned(LISTENING_S)
                await self._take(line, item)

    async def _take(self, line: Line, item: Item) -> None:
        """One answer or push, whatever it is."""
        try:
            reading = await self._understand(line, item)
        except DeviceUnintelligible as error:
            self._nonsense += 1
            self._report.count("unintelligible")
            self._once.trouble("nonsense", "an answer of the P1 dongle makes no sense: %s", error)
            if self._nonsense >= NONSENSE:
                raise
        except NoTelegram:
            self._report.count("no_telegram")  # `watch` tells if that lasts
        else:
            self._nonsense = 0
            if reading is not None:
                await self._publish(line, reading)

    async def _understand(self, line: Line, item: Item) -> Reading | None:
        if isinstance(item, DeviceUnintelligible):
            raise item
        self._heard_s = item.arrived_s
        if item.took_s is not None:
            self._report.polled(item.took_s)
        heard = self._judge.hear(item)
        if isinstance(heard, Question):
            heard = self._judge.settle(heard, await line.meter_clock())
        return heard

    async def _publish(self, line: Line, reading: Reading) -> None:
        line.meter_s = self._judge.pace.meter_s
        await self._report.doubts(reading.doubts)
        if reading.state is None:
            return
        await self._report.introduce(line.facts, self._judge.pace)
        await self._report.state(reading.state, reading.measured_ms)
        self._said_s = self._clock.monotonic()
        self._failures = 0
        for kind in ("lost", "nonsense"):
            self._once.over(kind, "readings of the P1 meter come again")
        await self._keeper.keep_now_and_then(self._judge.ledger, self._dongle.serial)

    async def _lost(self, error: DeviceError) -> float:
        """The line is gone. Returns how long to leave the dongle alone."""
        self._failures += 1
        self._nonsense = 0
        trouble = explain(error, self._dongle.host)
        self._report.count(trouble.name)
        self._once.trouble("lost", "no line to the P1 dongle: %s", error)
        await self._report.availability(False)
        if trouble.is_sure or self._failures > 1:
            await self._report.trouble(trouble)
        if self._failures >= MOVED and isinstance(error, DeviceUnreachable | WrongDevice | LeafChanged):
            await self._dongle.look_up()
        return trouble.pause_s(self._failures)

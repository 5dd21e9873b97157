"""Ask and hear every source, each in a task of its own: one that fails disturbs no other."""

import itertools
import logging
from datetime import date
from typing import Final

from common.clock import Clock
from common.errors import DeviceError, DeviceUnintelligible
from common.messaging import Received
from common.others import Others
from common.payloads import document, member, number, text
from common.retry import backoff_s
from services.tempo import asking
from services.tempo.almanac import Almanac
from services.tempo.calendar import DAY, missing
from services.tempo.config import TicSettings
from services.tempo.device import ask
from services.tempo.exchange import DayAheadSettings
from services.tempo.pulse import Pulse
from services.tempo.sources import Calendar, EcoDevice
from services.tempo.wire import day_ahead, tic

MOST_LOCAL_S: Final = 300.0
APART_S: Final = 20.0
"""Between the first questions to two servers: the second often need not be asked for the whole season."""
LOOK_S: Final = 300.0
"""The wall clock is looked at so often while waiting: it may be set."""
log = logging.getLogger(__name__)


class Asking:
    """Waiting between questions to a server that is not ours."""

    def __init__(self, name: str, almanac: Almanac) -> None:
        self._key, self._store, self._clock = f"asked-{name}", almanac.store, almanac.clock

    async def first(self, place: int) -> None:
        """Until the first question may be asked, also if the last one was before a restart."""
        asked_ms = number(self._store.get(self._key)) or 0.0
        since_s = (self._clock.wall_ms() - asked_ms) / 1000
        rest_s = asking.LEAST_S - since_s if 0 <= since_s < asking.LEAST_S else 0.0
        await self._clock.sleep(max(rest_s, place * APART_S))

    async def asked(self) -> None:
        """Remember that a question was asked."""
        await self._store.put(self._key, self._clock.wall_ms())

    async def wait(self, pause_s: float) -> None:
        """For so long, and no longer if the wall clock is set forward."""
        end_s, end_ms = self._clock.monotonic() + pause_s, self._clock.wall_ms() + pause_s * 1000
        while (rest_s := min(end_s - self._clock.monotonic(), (end_ms - self._clock.wall_ms()) / 1000)) > 0:
            await self._clock.sleep(min(rest_s, LOOK_S))


class CalendarLoop:
    """One calendar in the web, asked for ever. `number`: its place among them."""

    def __init__(self, calendar: Calendar, almanac: Almanac, pulse: Pulse, number: int) -> None:
        self._calendar, self._almanac, self._pulse, self._number = calendar, almanac, pulse, number
        self._asking = Asking(calendar.name, almanac)
        self._season_asked: date | None = None

    async def run(self) -> None:
        """For ever."""
        await self._asking.first(self._number)
        while True:
            await self._asking.asked()
            await self._asking.wait(await self._once())

    async def _once(self) -> float:
        """Ask. Returns how long to wait."""
        almanac, clock = self._almanac, self._almanac.clock
        today = almanac.hours.day_of(clock.now())
        try:
            await almanac.hear(await self._calendar.days(today))
            if missing(today, almanac.knowledge.colours()) and self._season_asked != today:
                self._season_asked = today
                season = await self._calendar.season(today)
                await almanac.hear(word for word in season if word.day <= today)  # it does not say what is binding
        except DeviceError as error:
            log.info("%s: %s", self._calendar.name, error)
            return _failed(self._pulse, error, clock)
        self._pulse.good(clock.monotonic())
        said = almanac.knowledge.said(today + DAY, self._calendar.name)
        return asking.pause_s(clock.now(), almanac.hours, said, self._calendar.binding)


async def ask_box(box: EcoDevice, poll_s: float, almanac: Almanac, pulse: Pulse) -> None:
    """For ever: read the EcoDevice."""
    clock = almanac.clock
    while True:
        try:
            labels = await box.labels()
            if tic.running(labels) is None:
                raise DeviceUnintelligible(
                    f"It hears no meter with a Tempo contract (PTEC {labels.get('PTEC')!r:.20})."
                )
        except DeviceError as error:
            pulse.bad(error, clock.monotonic())
        else:
            pulse.good(clock.monotonic())
            await almanac.hear(box.words(labels, clock.now()))
        pause_s = backoff_s(pulse.failures, poll_s, max(poll_s, MOST_LOCAL_S)) if pulse.failures else poll_s
        await clock.sleep(pause_s)


async def hear_meter(settings: TicSettings, others: Others, almanac: Almanac, pulse: Pulse) -> None:
    """For ever: take in what the meter's teleinformation says. What the broker kept is of unknown age, and not read.

    Many messages hold the power only: they are a sign of life once one has been about Tempo.
    """
    numbers, is_tempo = itertools.count(), False
    inbox = await others.hear(settings.topic, lane=lambda _: str(next(numbers)))  # each may tell a part of the whole
    async for received in inbox:
        labels = read_labels(settings, received)
        if labels is None:
            continue
        is_tempo = is_tempo or tic.running(labels) is not None
        if is_tempo:
            pulse.good(almanac.clock.monotonic())
        await almanac.hear(tic.words(labels, almanac.hours, almanac.clock.now(), "tic"))


def read_labels(settings: TicSettings, received: Received) -> tic.Labels | None:
    """The meter's labels in a message; None for one that is not about them."""
    told = document(received.payload)
    if received.retained or not isinstance(told, dict):
        return None
    return {name: value for name, path in settings.paths.items() if (value := text(member(told, path)))}


async def ask_exchange(settings: DayAheadSettings, url: str, almanac: Almanac, pulse: Pulse) -> None:
    """For ever: ask for day-ahead prices at an address."""
    turns, clock = Asking("exchange", almanac), almanac.clock
    await turns.first(0)
    while True:
        await turns.asked()
        try:
            body = await ask(url, clock, settings.headers)
            await almanac.hear_prices(day_ahead.spots(body, settings.layout))
        except DeviceError as error:
            log.info("day-ahead prices: %s", error)
            pause_s = _failed(pulse, error, clock)
        else:
            pulse.good(clock.monotonic())
            known = almanac.spots[-1].end if almanac.spots else None
            pause_s = asking.exchange_pause_s(clock.now(), almanac.hours, known, settings.published_at)
        await turns.wait(pause_s)


async def hear_exchange(settings: DayAheadSettings, topic: str, others: Others, almanac: Almanac, pulse: Pulse) -> None:
    """For ever: take in what another program says of the prices. They carry their dates, so kept ones are read too."""
    inbox = await others.hear(topic)
    async for received in inbox:
        try:
            await almanac.hear_prices(day_ahead.spots(received.payload, settings.layout))
        except DeviceError as error:
            pulse.bad(error, almanac.clock.monotonic())
        else:
            pulse.good(almanac.clock.monotonic())


def _failed(pulse: Pulse, error: DeviceError, clock: Clock) -> float:
    """A server did not answer. Returns how long to leave it alone."""
    pulse.bad(error, clock.monotonic())
    return backoff_s(pulse.failures, asking.FIRST_RETRY_S, asking.LAST_RETRY_S)

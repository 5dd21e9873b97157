"""Ask and hear all sources, and tell what energy costs, until cancelled."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, TypeAlias

from common.clock import Clock
from common.foreign import Foreign
from common.others import Others
from common.service import Runtime
from services.tempo.alarms import Alarms
from services.tempo.almanac import Almanac
from services.tempo.collecting import CalendarLoop, ask_box, ask_exchange, hear_exchange, hear_meter
from services.tempo.config import Config
from services.tempo.contracts import DynamicContract
from services.tempo.hours import Hours
from services.tempo.in_force import hours_of, in_force
from services.tempo.pulse import Pulse
from services.tempo.sources import Calendar, CouleurTempo, EcoDevice, RteFeed, RteOfficial
from services.tempo.teller import TICK_S, Teller

Work: TypeAlias = Coroutine[object, object, None]
LOCAL_S: Final = 300.0
"""A box that fails for so long is silent …"""
RARE_S: Final = 1200.0
"""… a program on MQTT, which may speak but each five minutes, that says nothing for so long …"""
WEB_S: Final = 3 * 3600.0
"""… and a server that fails for so long."""
YOUNGEST: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""A clock that shows less was never set, as after the start of a small computer."""
FIRST_S: Final = 20.0
"""At the first start nothing is said before somebody has told something, or this is over."""


async def session(runtime: Runtime[Config]) -> None:
    """Until cancelled."""
    async with (
        Foreign(runtime.mqtt, runtime.account, "sources", runtime.clock) as others,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(others.hold())
        tasks.create_task(serve(runtime, others))


async def serve(runtime: Runtime[Config], others: Others) -> None:
    """The same, over a connection that is there, once the clock has been set."""
    while runtime.clock.now() < YOUNGEST:
        runtime.health.turned(TICK_S)
        await runtime.clock.sleep(1.0)
    collection = Collection(runtime, others)
    contract = in_force(runtime.config, collection.hours, collection.almanac)
    async with asyncio.TaskGroup() as tasks:
        collection.start(tasks)
        alarms = Alarms(runtime.alerts, contract, collection.pulses)
        teller = Teller(runtime.bus, contract, collection.almanac, alarms, runtime.config.capacity)
        await collection.first_word()
        while True:
            await teller.turn()
            runtime.health.turned(TICK_S)


class Collection:
    """Every source of this house."""

    def __init__(self, runtime: Runtime[Config], others: Others) -> None:
        self._runtime, self._config, self._others = runtime, runtime.config, others
        self.hours: Hours = hours_of(runtime.config, runtime.site.zone)
        self.almanac = Almanac(runtime.store, runtime.clock, self.hours, runtime.config.sources.names())
        self.pulses: list[Pulse] = []

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Start a task for each."""
        for work in (*self._local(), *self._web(), *self._exchange()):
            tasks.create_task(work)

    async def first_word(self) -> None:
        """Wait for somebody to tell something, where nothing is known from before."""
        clock, almanac = self.almanac.clock, self.almanac
        is_known = almanac.spots or almanac.hours.day_of(clock.now()) in almanac.knowledge.colours()
        if self.pulses and not is_known:
            with suppress(TimeoutError):
                async with clock.timeout(FIRST_S):
                    await almanac.news.wait()

    def _local(self) -> Iterator[Work]:
        sources = self._config.sources
        if sources.ecodevice is not None:
            pulse = self._pulse("ecodevice", LOCAL_S, "Check its power and address; `ballast check` asks it.")
            box = EcoDevice(sources.ecodevice, self.almanac.clock, self.hours)
            yield ask_box(box, sources.ecodevice.poll_s, self.almanac, pulse)
        if sources.tic is not None:
            pulse = self._pulse("tic", RARE_S, "Compare its topic in ballast.yaml with MQTT Explorer.", is_asked=False)
            yield hear_meter(sources.tic, self._others, self.almanac, pulse)

    def _web(self) -> Iterator[Work]:
        for number, calendar in enumerate(calendars(self._config, self.almanac.clock, self.hours)):
            pulse = self._pulse(calendar.name, WEB_S, calendar.advice)
            yield CalendarLoop(calendar, self.almanac, pulse, number).run()

    def _exchange(self) -> Iterator[Work]:
        contract = self._config.contract
        if not isinstance(contract, DynamicContract):
            return
        settings, advice = contract.day_ahead, "Check `day_ahead` in ballast.yaml; `ballast check` tries it."
        if settings.url is not None:
            yield ask_exchange(settings, settings.url, self.almanac, self._pulse("day_ahead", WEB_S, advice))
        if settings.topic is not None:
            pulse = self._pulse("day_ahead_topic", WEB_S, advice)
            yield hear_exchange(settings, settings.topic, self._others, self.almanac, pulse)

    def _pulse(self, name: str, patience_s: float, advice: str, *, is_asked: bool = True) -> Pulse:
        now_s = self.almanac.clock.monotonic()
        pulse = Pulse(name, self._runtime.account, advice, patience_s, None if is_asked else now_s)
        self.pulses.append(pulse)
        return pulse


def calendars(config: Config, clock: Clock, hours: Hours) -> Iterator[Calendar]:
    """The calendars in the web, the first to be believed in front."""
    sources = config.sources
    if sources.rte_official is not None:
        yield RteOfficial(sources.rte_official, clock, hours)
    if sources.rte is not None:
        yield RteFeed(sources.rte, clock, hours)
    if sources.api_couleur_tempo is not None:
        yield CouleurTempo(sources.api_couleur_tempo, clock, hours)

"""Try every source of prices once, and say what it tells. For `ballast check`."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from common.clock import Clock
from common.config import MqttSettings
from common.errors import BallastError, DeviceUnintelligible, DeviceUnreachable
from common.finding import Finding
from common.foreign import Foreign
from common.others import Others
from services.tempo.bridge import calendars
from services.tempo.calendar import DAY
from services.tempo.collecting import read_labels
from services.tempo.config import Config, TicSettings
from services.tempo.contracts import DynamicContract
from services.tempo.device import ask
from services.tempo.exchange import DayAheadSettings
from services.tempo.hours import Hours
from services.tempo.in_force import hours_of
from services.tempo.knowledge import Word
from services.tempo.sources import Calendar, EcoDevice
from services.tempo.wire import day_ahead, tic

PATIENCE_S: Final = 10.0


async def check(config: Config, zone: ZoneInfo, mqtt: MqttSettings, account: str, clock: Clock) -> tuple[Finding, ...]:
    """One finding per source, in the order in which they are believed."""
    hours = hours_of(config, zone)
    async with Foreign(mqtt, account, "check", clock) as others:
        tries = _tries(config, hours, others, clock)
        return tuple(await asyncio.gather(*(_found(name, work) for name, work in tries)))


async def _found(name: str, work: Awaitable[str]) -> Finding:
    try:
        return Finding(name, True, await work)
    except BallastError as error:
        return Finding(name, False, str(error))


def _tries(config: Config, hours: Hours, others: Others, clock: Clock) -> Iterator[tuple[str, Awaitable[str]]]:
    sources, contract = config.sources, config.contract
    if sources.ecodevice is not None:
        yield "ecodevice", _box(EcoDevice(sources.ecodevice, clock, hours))
    if sources.tic is not None:
        yield "tic", _meter(sources.tic, others, clock)
    for calendar in calendars(config, clock, hours):
        yield calendar.name, _calendar(calendar, hours.day_of(clock.now()))
    if isinstance(contract, DynamicContract):
        if contract.day_ahead.url is not None:
            yield "day_ahead", _address(contract.day_ahead, contract.day_ahead.url, clock)
        if contract.day_ahead.topic is not None:
            yield "day_ahead_topic", _topic(contract.day_ahead, contract.day_ahead.topic, others, clock)


async def _box(box: EcoDevice) -> str:
    return _labels(await box.labels())


async def _meter(settings: TicSettings, others: Others, clock: Clock) -> str:
    """Listen until the meter's present colour comes by."""
    try:
        async with clock.timeout(PATIENCE_S):
            inbox = await others.hear(settings.topic)
            async for received in inbox:
                labels = read_labels(settings, received)
                if labels is not None and tic.running(labels) is not None:
                    return _labels(labels)
    except TimeoutError:
        pass
    text = f"nothing of a Tempo day came on {settings.topic} within {PATIENCE_S:.0f} s."
    raise DeviceUnreachable(f"{text} Compare with MQTT Explorer; some programs speak each five minutes only.")


async def _calendar(calendar: Calendar, today: date) -> str:
    words = {word.day: word for word in await calendar.days(today)}
    return f"today {_word(words.get(today))}, tomorrow {_word(words.get(today + DAY))}"


async def _address(settings: DayAheadSettings, url: str, clock: Clock) -> str:
    return _spots(day_ahead.spots(await ask(url, clock, settings.headers), settings.layout))


async def _topic(settings: DayAheadSettings, topic: str, others: Others, clock: Clock) -> str:
    try:
        async with clock.timeout(PATIENCE_S):
            received = await (await others.hear(topic)).next()
            return _spots(day_ahead.spots(received.payload, settings.layout))
    except TimeoutError:
        text = f"nothing came on {topic} within {PATIENCE_S:.0f} s. Compare with MQTT Explorer."
        raise DeviceUnreachable(text) from None


def _labels(labels: tic.Labels) -> str:
    """What a meter tells. Raises DeviceUnintelligible if it is not about Tempo."""
    period, coming = tic.running(labels), tic.announced(labels)
    if period is None:
        said = labels.get("PTEC") or labels.get("LTARF") or "nothing"
        raise DeviceUnintelligible(f"it answers, but hears no meter with a Tempo contract (it says {said:.20})")
    hour = "off-peak" if period.is_off_peak else "peak"
    tomorrow = coming.label if coming is not None else "not announced (it is from 20:00 on)"
    return f"today {period.colour.label}, {hour}; tomorrow {tomorrow}"


def _word(word: Word | None) -> str:
    if word is None:
        return "not known yet"
    return word.colour.label if word.is_final else f"{word.colour.label} (not binding yet)"


def _spots(spots: Sequence[day_ahead.Spot]) -> str:
    prices = [spot.price for spot in spots]
    return f"{len(spots)} prices from {min(prices):.4f} to {max(prices):.4f} EUR/kWh before your formula"

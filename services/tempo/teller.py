"""Say what energy costs: at once when something is new, right at the second when a slot ends, and now and then."""

from contextlib import suppress
from datetime import date
from typing import Final, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from common import metrics
from common.contract import TARIFF, TARIFF_EVENT, TariffState
from common.errors import BrokerLost
from common.messaging import Bus
from services.tempo import telling
from services.tempo.alarms import Alarms
from services.tempo.almanac import Almanac
from services.tempo.config import CapacitySettings
from services.tempo.hours import DAY
from services.tempo.telling import InForce
from services.tempo.timeline import Slots, ahead, is_news

T = TypeVar("T")
TICK_S: Final = 60.0
AGAIN_S: Final = 900.0
SITE: Final = "main"
_SLOTS: Final = TypeAdapter(Slots)
_TOLD: Final = TypeAdapter(dict[date, tuple[int, str]])
DAYS: Final = ("today", "tomorrow")


class Teller:
    """The voice of the tariff."""

    def __init__(
        self, bus: Bus, contract: InForce, almanac: Almanac, alarms: Alarms, capacity: CapacitySettings | None
    ) -> None:
        self._bus, self._contract, self._almanac, self._store = bus, contract, almanac, almanac.store
        self._capacity, self._alarms = capacity, alarms
        self._clock = bus.clock
        self._known = _read(_SLOTS, self._store.get("timeline"), ())
        revision = self._store.get("revision")
        self._revision = revision if isinstance(revision, int) else 0
        self._told = _read(_TOLD, self._store.get("told"), {})
        self._said: tuple[TariffState, float] | None = None

    async def turn(self) -> None:
        """Once: look, and say what has changed. Then wait for news, for the end of the slot, or a moment."""
        self._almanac.news.clear()
        now = self._clock.now()
        slots = ahead(self._contract.slots(now), now)
        await self._revise(slots)
        state = telling.state(self._contract, slots, now, self._revision, self._capacity)
        await self._say(state)
        await self._announce()
        await self._alarms.look(state, now, self._clock.monotonic())
        rest_s = (slots[0].end - self._clock.now()).total_seconds()
        with suppress(TimeoutError):
            async with self._clock.timeout(max(0.0, min(TICK_S, rest_s))):
                await self._almanac.news.wait()

    async def _revise(self, slots: Slots) -> None:
        if is_news(self._known, slots):
            self._revision += 1
            self._known = slots
            await self._store.put("timeline", _SLOTS.dump_python(slots, mode="json"))
            await self._store.put("revision", self._revision)

    async def _say(self, state: TariffState) -> None:
        now_s = self._clock.monotonic()
        if self._said is None or state != self._said[0] or now_s - self._said[1] >= AGAIN_S:
            self._said = state, now_s
            await self._bus.publish(TARIFF.at(SITE), state)
            for day, severity in zip(DAYS, (state.severity, state.tomorrow_severity), strict=True):
                _show(self._bus.account, day, severity)

    async def _announce(self) -> None:
        """Say what is new about the next day, or different from what was said about this one; each thing once."""
        now = self._clock.now()
        today = self._contract.hours.day_of(now)
        for day in (today, today + DAY):
            settled, before = self._contract.settled(day, now), self._contract.settled(day - DAY, now)
            if settled is None or before is None or settled.severity is None:
                continue
            word = (settled.severity, settled.certainty)
            if self._told.get(day, word if day == today else None) == word:
                continue
            with suppress(BrokerLost):  # then it is said at the next turn
                event = telling.event(day, settled, before, self._contract.hours, now)
                await self._bus.publish(TARIFF_EVENT.at(SITE), event, confirmed=True)
                self._told = {each: told for each, told in self._told.items() if each >= today} | {day: word}
                await self._store.put("told", _TOLD.dump_python(self._told, mode="json"))


def _show(account: str, day: str, severity: int | None) -> None:
    """As a metric; unknown is no number."""
    if severity is not None:
        metrics.TARIFF_SEVERITY.labels(account, day).set(severity)
    else:
        with suppress(KeyError):
            metrics.TARIFF_SEVERITY.remove(account, day)


def _read(kind: TypeAdapter[T], value: JsonValue, default: T) -> T:
    try:
        return kind.validate_python(value)
    except ValidationError:
        return default

"""What is said on MQTT that a plan is made of."""

import logging
from typing import Final

from common.contract import (
    BATTERY_STATE,
    FORECAST,
    METER_STATE,
    TARIFF,
    TERMS,
    BatteryState,
    Envelope,
    Forecast,
    Leaf,
    MeterState,
    Payload,
    TariffState,
    Terms,
)
from common.errors import MessageRejected
from common.messaging import Bus, Message, Reader
from services.planner.diary import Diary
from services.planner.heard import MAIN, UNUSABLE, Dated, Heard

LEAVES: Final[tuple[Leaf[Payload | str], ...]] = (TARIFF, FORECAST, TERMS, BATTERY_STATE, METER_STATE)
KINDS: Final = ("pv", "load")
DRIFTING: Final[dict[str, object]] = {"need_wh": None}
"""What a load still needs falls while it runs, as planned."""
MOST: Final = 100
"""Devices of one kind; strangers cannot make the memory grow further."""
log = logging.getLogger(__name__)


class Hearing:
    """Fills `heard`, and notes news that are worth a plan at once."""

    def __init__(self, bus: Bus, grid_meter: str) -> None:
        self.heard = Heard()
        self.diary = Diary()
        self._bus, self._grid_meter = bus, grid_meter
        self._reader = Reader(bus, LEAVES)
        self._has_news = False

    def take_news(self) -> bool:
        """Whether there were any since the last time."""
        had, self._has_news = self._has_news, False
        return had

    async def run(self) -> None:
        """For ever."""
        inbox = await self._bus.listen(*LEAVES, wanted=self._is_wanted)
        async for received in inbox:
            try:
                message = self._reader.read(received)
            except MessageRejected as rejected:
                log.debug("%s: %s", received.topic, rejected)
                continue
            if message is not None and message.envelope is not None:
                self._has_news |= self._take(message, message.envelope)

    def _is_wanted(self, topic: str) -> bool:
        kind, name = topic.split("/")[:2]
        only = {"tariff": (MAIN,), "forecast": KINDS, "balancer": (MAIN,), "meter": (self._grid_meter,)}
        return name in only.get(kind, (name,))

    def _take(self, message: Message[Payload | str], envelope: Envelope) -> bool:
        """Note one message. Returns whether it is worth a new plan."""
        heard, name = self.heard, message.id
        match message.body:
            case TariffState() as tariff:
                before = heard.tariff
                heard.price(tariff)
                return before is None or before.revision != tariff.revision
            case Forecast() as forecast:
                before_ms = heard.forecasts[name].issued_ms if name in heard.forecasts else 0
                heard.forecasts[name] = forecast
                return forecast.issued_ms != before_ms
            case Terms() as terms:
                return self._agree(message.topic.split("/")[3], Dated(terms, envelope.ts_ms))
            case BatteryState() as state if name in heard.batteries or len(heard.batteries) < MOST:
                heard.batteries[name] = Dated(state, envelope.ts_ms)
                self.diary.add(name, envelope.ts_ms, usable_w(state))
            case MeterState() as state:
                heard.meter = Dated(state, envelope.ts_ms)
                self.diary.add(name, envelope.ts_ms, usable_w(state))
        return False

    def _agree(self, device: str, told: Dated[Terms]) -> bool:
        known = self.heard.terms.get(device)
        if device == MAIN or (known is None and len(self.heard.terms) >= MOST):
            return False
        self.heard.terms[device] = told
        return known is None or known.body.model_copy(update=DRIFTING) != told.body.model_copy(update=DRIFTING)


def usable_w(state: BatteryState | MeterState) -> float | None:
    """The power of a state; None where it is not known."""
    return None if state.quality in UNUSABLE else state.power_w

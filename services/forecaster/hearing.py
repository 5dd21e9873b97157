"""What is measured in the house, as its states on MQTT say; and another program's forecast, if that is the source."""

import logging
from typing import Final

from common.contract import (
    BATTERY_STATE,
    EV_STATE,
    FORECAST,
    LOAD_STATE,
    METER_STATE,
    PV_STATE,
    SWITCH_STATE,
    BatteryState,
    EvState,
    Forecast,
    Leaf,
    LoadState,
    MeterState,
    Payload,
    PvState,
    SwitchState,
)
from common.errors import DeviceError, MessageRejected
from common.messaging import Bus, Reader
from services.forecaster.config import Config
from services.forecaster.core.spans import Span, by_quarter
from services.forecaster.means import House
from services.forecaster.sources.source import Newest, Promise, plausible

LEAVES: Final[tuple[Leaf[Payload | str], ...]] = (
    METER_STATE, PV_STATE, BATTERY_STATE, SWITCH_STATE, LOAD_STATE, EV_STATE, FORECAST,
)  # fmt: skip
UNUSABLE: Final = ("stale", "bad")
log = logging.getLogger(__name__)


class Hearing:
    """Fills `house` with what is measured."""

    def __init__(self, bus: Bus, config: Config, house: House) -> None:
        self.told = Newest()
        """What another program forecasts, where that is the source."""
        self._bus, self._house = bus, house
        self._measured = config.measured()
        self._other = config.topic if config.source == "topic" else None
        self._plant = config.plant()
        self._reader = Reader(bus, LEAVES)

    async def run(self) -> None:
        """For ever."""
        inbox = await self._bus.listen(*LEAVES, wanted=self._is_wanted)
        async for received in inbox:
            try:
                message = self._reader.read(received)
            except MessageRejected as rejected:
                log.debug("%s: %s", received.topic, rejected)
                continue
            if message is None or message.envelope is None:
                continue
            if isinstance(message.body, Forecast):
                self._take(promise(message.body))
            else:
                self._house.add(message.id, message.envelope.ts_ms / 1000, power_w(message.body))

    def _take(self, promised: Promise) -> None:
        """What cannot be is not believed, and no roof gives more than it can."""
        try:
            plausible(promised.raw_w, self._plant.sites[0], f"forecast/{self._other}")
        except DeviceError as error:
            self.told.why = str(error)
            return
        limit_w = self._plant.limit_w
        self.told.take(promised._replace(raw_w={at: min(limit_w, w) for at, w in promised.raw_w.items()}))

    def _is_wanted(self, topic: str) -> bool:
        kind, name = topic.split("/")[:2]
        return name == self._other if kind == "forecast" else name in self._measured


def power_w(state: Payload | str) -> float | None:
    """The power of a state; production for a source. None where it is not known."""
    if getattr(state, "quality", "good") in UNUSABLE:
        return None
    match state:
        case PvState():
            return state.production_w
        case MeterState() | BatteryState() | SwitchState() | LoadState() | EvState():
            return state.power_w
    return None


def promise(forecast: Forecast) -> Promise:
    """Another program's forecast, whatever its steps."""
    spans = (Span(slot.start_ms / 1000, slot.end_ms / 1000, slot.p50_w) for slot in forecast.slots)
    return Promise(forecast.issued_ms, by_quarter(spans))

"""Wishes and cars: what other programs say, in the contract's words, for as long as it may be believed."""

import itertools
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from pydantic import ValidationError

from common.clock import Clock
from common.contract import EV_STATE, REQUEST_STATE, DeviceInfo, EvState, RequestState
from common.messaging import Inbox, Received
from common.others import Others
from common.payloads import Document, Words, document, member, scaled
from common.report import Report
from services.relay.config import CarSettings, RequestSettings
from services.relay.sources import Source, WordSource

TICK_S: Final = 5.0
"""Pace of looking for what has become too old."""
SAID_S: Final = 20.0
"""The state is said again so often."""
STALE_S: Final = 60.0
Value = bool | float
Told = RequestState | EvState


class Input:
    """One wish or car."""

    def __init__(self, report: Report, settings: RequestSettings | CarSettings, others: Others) -> None:
        self._report, self._settings, self._others = report, settings, others
        self._clock: Clock = report.bus.clock
        self._sources = settings.sources()
        self._values: dict[str, tuple[Value, float]] = {}
        self._said: tuple[Told, float] | None = None
        self.turned_s = self._clock.monotonic()
        """When its loop last went round."""

    async def run(self) -> None:
        """For ever."""
        topics = tuple(dict.fromkeys(source.topic for source in self._sources.values()))
        await self._report.info(
            DeviceInfo(vendor="MQTT", model=self._report.kind, poll_s=SAID_S, stale_after_s=STALE_S, topics=topics)
        )
        numbers = itertools.count()
        inbox = await self._others.hear(*topics, lane=lambda _: str(next(numbers)))
        while True:
            self.turned_s = self._clock.monotonic()
            await self._hear(inbox)
            await self._publish()

    async def _hear(self, inbox: Inbox) -> None:
        """Until there is something new, or a moment has passed."""
        with suppress(TimeoutError):
            async with self._clock.timeout(TICK_S):
                self._take(await inbox.next())
        while (received := inbox.take()) is not None:
            self._take(received)

    def _take(self, received: Received) -> None:
        said = document(received.payload)
        for name, source in self._sources.items():
            if source.topic == received.topic:
                self._note(name, source, said, received.arrived_s)

    def _note(self, name: str, source: Source | WordSource, said: Document, arrived_s: float) -> None:
        """A member that a message does not have is left as it was; one that makes no sense becomes unknown."""
        found = member(said, source.field)
        if found is None and isinstance(said, dict):
            return
        value = _value(source, found)
        if value is None:
            self._values.pop(name, None)
            self._report.count("unintelligible")
        else:
            self._values[name] = value, arrived_s

    async def _publish(self) -> None:
        now_s, state = self._clock.monotonic(), self._state()
        await self._report.availability(state is not None and state.quality == "good")
        if state is None:
            return
        if self._said is None or state != self._said[0] or now_s - self._said[1] >= SAID_S:
            self._said = state, now_s
            await self._send(state)

    async def _send(self, state: Told) -> None:
        if isinstance(state, EvState):
            await self._report.bus.publish(EV_STATE.at(self._report.device), state)
        else:
            await self._report.bus.publish(REQUEST_STATE.at(self._report.device), state)

    def _state(self) -> Told | None:
        """What is known now; a wish of which nothing is known any more is said as stale, once it was known."""
        values = self._fresh()
        if not values and self._said is None:
            return None
        try:
            if isinstance(self._settings, CarSettings):
                return EvState.model_validate(values) if "connected" in values else None
            return RequestState.model_validate({**values, "quality": "good" if values else "stale"})
        except ValidationError:
            self._report.count("implausible")
            return None

    def _fresh(self) -> Mapping[str, Value]:
        limit_s, now_s = self._settings.stale_after_s, self._clock.monotonic()
        is_fresh = {name: limit_s is None or now_s - at_s <= limit_s for name, (_, at_s) in self._values.items()}
        return {name: value for name, (value, _) in self._values.items() if is_fresh[name]}


def _value(source: Source | WordSource, found: Document) -> Value | None:
    if isinstance(source, WordSource):
        return Words(source.payload_yes, source.payload_no).read(found)
    return scaled(found, source.scale)

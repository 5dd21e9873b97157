"""One device at the other end of MQTT: what it said, whether it is there, and how it is told."""

import itertools
from typing import Final

from common.clock import Clock
from common.messaging import Inbox, Received
from common.others import Others
from common.payloads import document, member, scaled
from services.relay.dialects.dialect import Dialect, Heard, Said
from services.relay.dialects.table import dialect
from services.relay.presence import Presence
from services.relay.switches import SwitchSettings

FIELDS: Final = ("power_w", "import_wh")


class Contact:
    """The connection to one switch. Positions here are the load's."""

    def __init__(self, settings: SwitchSettings, others: Others, clock: Clock) -> None:
        self.dialect: Dialect = dialect(settings)
        self._settings = settings
        self._others = others
        self._clock = clock
        self.presence = Presence(clock.monotonic())
        self._asked_s = -settings.poll_s

    async def open(self) -> Inbox:
        """Listen to it."""
        numbers = itertools.count()
        filters = dict.fromkeys((*self.dialect.hears, *self._settings.sources()))
        return await self._others.hear(*filters, lane=lambda _: str(next(numbers)))  # each tells a part of the whole

    def read(self, received: Received) -> Heard | None:
        """What a message tells; None if the broker kept it and the device can be asked instead."""
        said = self._heard(received)
        is_fresh = not received.retained
        self.presence = self.presence.heard(said, received.arrived_s, is_fresh=is_fresh)
        return said if is_fresh or not self.dialect.is_asked else None

    def position(self, is_closed: bool) -> bool:
        """What a closed or open contact means for the load."""
        return is_closed is not self._settings.inverted

    def is_there(self) -> bool | None:
        """Whether it can be switched now; None while that is not known."""
        return self.presence.is_there(self.dialect, self._settings.poll_s, self._clock.monotonic())

    def lost(self) -> None:
        """The broker was away: what it said before is over."""
        self.presence = Presence(self._clock.monotonic())
        self._asked_s = -self._settings.poll_s

    async def ask(self) -> None:
        """Have it say how it stands, if it is time to. Raises BrokerLost; then it is asked at the next turn."""
        now_s = self._clock.monotonic()
        if now_s - self._asked_s >= self._settings.poll_s:
            await self._say(self.dialect.ask())
            self._asked_s = now_s

    async def switch(self, position: bool, hold_s: float | None) -> None:
        """Tell it where to stand. Raises BrokerLost."""
        await self._say(self.dialect.switch(self.position(position), hold_s))

    async def set_timer(self, hold_s: float) -> None:
        """Set its off-timer. Raises BrokerLost."""
        await self._say(self.dialect.set_timer(hold_s))

    async def _say(self, messages: tuple[Said, ...]) -> None:
        for said in messages:
            await self._others.say(said.topic, said.payload.decode())

    def _heard(self, received: Received) -> Heard:
        """Of the device, and of whatever else measures it."""
        said = self.dialect.read(received.topic, received.payload)
        values = {"power_w": said.power_w, "import_wh": said.import_wh}
        for field, source in zip(FIELDS, (self._settings.power, self._settings.energy), strict=True):
            if source is not None:
                is_meant = received.topic == source.topic
                value = member(document(received.payload), source.field) if is_meant else None
                values[field] = scaled(value, source.scale)
        return Heard(
            is_closed=said.is_closed,
            **values,
            export_wh=said.export_wh,
            is_online=said.is_online,
            is_gateway_online=said.is_gateway_online,
            off_timer_s=said.off_timer_s,
        )

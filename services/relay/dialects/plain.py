"""Any topic with any pair of payloads."""

from common.payloads import Words, document, member
from services.relay.dialects.dialect import NOTHING, Dialect, Heard, Said
from services.relay.switches import PlainSettings


class Plain(Dialect):
    """A command topic, and what else its owner knows of it."""

    vendor = "MQTT"
    is_asked = False

    def __init__(self, settings: PlainSettings) -> None:
        self._settings = settings
        state_on = settings.payload_on if settings.state_on is None else settings.state_on
        state_off = settings.payload_off if settings.state_off is None else settings.state_off
        self._states = Words(state_on, state_off)
        self._online = Words(settings.payload_online, settings.payload_offline)
        self.tells_state = settings.state_topic is not None
        self.tells_online = settings.availability_topic is not None

    @property
    def hears(self) -> tuple[str, ...]:
        known = (self._settings.state_topic, self._settings.availability_topic)
        return tuple(topic for topic in known if topic is not None)

    @property
    def tells(self) -> tuple[str, ...]:
        return (self._settings.command_topic,)

    def switch(self, is_closed: bool, hold_s: float | None) -> tuple[Said, ...]:
        return (
            Said(
                self._settings.command_topic,
                (self._settings.payload_on if is_closed else self._settings.payload_off).encode(),
            ),
        )

    def read(self, topic: str, payload: bytes) -> Heard:
        said = document(payload)
        if topic == self._settings.state_topic:
            return Heard(is_closed=self._states.read(member(said, self._settings.state_field)))
        return Heard(is_online=self._online.read(said)) if topic == self._settings.availability_topic else NOTHING

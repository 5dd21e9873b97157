"""ESPHome: a state and a command topic per entity, retained states, a status as last will."""

from typing import Final

from common.payloads import Words, document, number, scaled
from services.relay.dialects.dialect import NOTHING, WH_PER_KWH, Dialect, Heard, Said
from services.relay.switches import EspHomeSettings

ONLINE: Final = Words("online", "offline")
POSITION: Final = Words("ON", "OFF")


class EspHome(Dialect):
    """One switch of a node, and the sensors that measure it. It cannot be asked: it tells what changes."""

    vendor = "ESPHome"
    is_asked = False

    def __init__(self, settings: EspHomeSettings) -> None:
        self._status = f"{settings.prefix}/status"
        self._switch = f"{settings.prefix}/switch/{settings.switch}"
        self._power = _sensor(settings.prefix, settings.power_sensor)
        self._energy = _sensor(settings.prefix, settings.energy_sensor)
        self._to_wh = WH_PER_KWH if settings.energy_unit == "kWh" else 1.0

    @property
    def hears(self) -> tuple[str, ...]:
        sensors = tuple(topic for topic in (self._power, self._energy) if topic is not None)
        return f"{self._switch}/state", self._status, *sensors

    @property
    def tells(self) -> tuple[str, ...]:
        return (f"{self._switch}/command",)

    def switch(self, is_closed: bool, hold_s: float | None) -> tuple[Said, ...]:
        return (Said(f"{self._switch}/command", b"ON" if is_closed else b"OFF"),)

    def read(self, topic: str, payload: bytes) -> Heard:
        said = document(payload)
        if topic == f"{self._switch}/state":
            return Heard(is_closed=POSITION.read(said))
        if topic == self._status:
            return Heard(is_online=ONLINE.read(said))
        if topic == self._power:
            return Heard(power_w=number(said))
        return Heard(import_wh=scaled(said, self._to_wh)) if topic == self._energy else NOTHING


def _sensor(prefix: str, name: str | None) -> str | None:
    return None if name is None else f"{prefix}/sensor/{name}/state"

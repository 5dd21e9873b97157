"""Shelly of the first generation: a topic per value below `shellies/<id>`, energy in watt-minutes."""

from typing import Final

from common.payloads import Words, document, number, scaled
from services.relay.dialects.dialect import NOTHING, WH_PER_WATT_MINUTE, Dialect, Heard, Said
from services.relay.switches import ShellyGen1Settings

ONLINE: Final = Words("true", "false")
POSITION: Final = Words("on", "off")
TRIPPED: Final = "overpower"
"""It opened by itself, because too much flowed."""


class ShellyGen1(Dialect):
    """One relay; channels count from 0. MQTT offers no timer: an auto-off set in its own page is fed."""

    vendor = "Shelly"

    def __init__(self, settings: ShellyGen1Settings) -> None:
        self._root = f"shellies/{settings.device}"
        self._relay = f"{self._root}/relay/{settings.channel}"

    @property
    def hears(self) -> tuple[str, ...]:
        return self._relay, f"{self._relay}/power", f"{self._relay}/energy", f"{self._root}/online"

    @property
    def tells(self) -> tuple[str, ...]:
        return f"{self._relay}/command", f"{self._root}/command"

    def ask(self) -> tuple[Said, ...]:
        return (Said(f"{self._root}/command", b"update"),)

    def switch(self, is_closed: bool, hold_s: float | None) -> tuple[Said, ...]:
        return (Said(f"{self._relay}/command", b"on" if is_closed else b"off"),)

    def read(self, topic: str, payload: bytes) -> Heard:
        said = document(payload)
        if topic == self._relay:
            return Heard(is_closed=False if said == TRIPPED else POSITION.read(said))
        if topic == f"{self._relay}/power":
            return Heard(power_w=number(said))
        if topic == f"{self._relay}/energy":
            return Heard(import_wh=scaled(said, WH_PER_WATT_MINUTE))
        return Heard(is_online=ONLINE.read(said)) if topic == f"{self._root}/online" else NOTHING
